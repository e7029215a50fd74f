// LRN (float32): y = x / (bias + alpha / size · Σ x²)^beta, the sum over `size` neighbouring channels. ONNX LRN-1,
// LRN-13.
#include <algorithm>

#include "base/error.h"
#include "kernels/eltwise/unary.h"
#include "ops/operands.h"
#include "ops/parallel.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {{"alpha", AttrKind::real},
                                   {"beta", AttrKind::real},
                                   {"bias", AttrKind::real},
                                   {"size", AttrKind::integer}};

void infer(InferContext& ctx) {
  require_dtype(ctx, 0, Types<float>{});
  require(ctx.shape(0).rank() >= 2, ErrorCode::invalid_graph, "input {} has no channels", ctx.shape(0));
  const int64_t size = ctx.attrs().get_int("size", 0);
  require(size > 0, ErrorCode::invalid_graph, "size is {}", size);
  infer_as_input(ctx);
}

struct LrnPlan {
  int64_t n, channels, inner, size;
  float alpha, beta, bias;
};

StepPlan plan(const PlanContext& ctx) {
  const Shape& x = ctx.shape(0);
  const Attrs& attrs = ctx.attrs();
  const int64_t size = attrs.get_int("size", 1);
  return {.state = PlanState(LrnPlan{x[0], x[1], x.elements(2, x.rank()), size,
                                     attrs.get_float("alpha", 1e-4f) / static_cast<float>(size),
                                     attrs.get_float("beta", 0.75f), attrs.get_float("bias", 1)})};
}

void run(RunContext& ctx) {
  const auto& p = ctx.planned<LrnPlan>();
  const float* const x = ctx.inputs[0].as<float>();
  float* const y = ctx.outputs[0].as<float>();
  const int64_t before = (p.size - 1) / 2, window = std::min(p.size, p.channels);
  parallel_elements(ctx.kernels, p.n * p.channels, p.inner * (window + 16), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t channel = i % p.channels, image = i - channel;
      const int64_t first = std::max<int64_t>(channel - before, 0);
      const int64_t last = std::min(p.channels - 1, channel + (p.size - 1 - before));
      const float* const row = x + i * p.inner;
      float* const out = y + i * p.inner;
      std::fill_n(out, p.inner, 0.0f);
      for (int64_t c = first; c <= last; ++c) {
        const float* const other = x + (image + c) * p.inner;
        for (int64_t j = 0; j < p.inner; ++j) out[j] += other[j] * other[j];
      }
      for (int64_t j = 0; j < p.inner; ++j) out[j] = p.bias + p.alpha * out[j];
      kernels::log_f32(out, out, p.inner, {});
      for (int64_t j = 0; j < p.inner; ++j) out[j] *= -p.beta;
      kernels::exp_f32(out, out, p.inner, {});
      for (int64_t j = 0; j < p.inner; ++j) out[j] *= row[j];
    }
  });
}

OCTAVO_OPERATOR(lrn, {.name = "LRN",
                      .attributes = kAttributes,
                      .infer = infer,
                      .plan = plan,
                      .run = run,
                      .computes_f32 = true});

}  // namespace

}  // namespace octavo
