// octavo.MaxPoolGradient (float32): dx = MaxPoolGradient(dy, x), with the attributes of the MaxPool that made y of x. The
// first of the largest elements of each window gets dy; windows that overlap are added up, in their order.
#include <cstring>

#include "base/error.h"
#include "ops/operands.h"
#include "ops/pool_layer.h"
#include "ops/window.h"

namespace octavo {

namespace {

constexpr auto kAttributes =
    joined(kWindowAttributes, {{"ceil_mode", AttrKind::integer}, {"storage_order", AttrKind::integer}});

void infer(InferContext& ctx) {
  for (std::size_t i : {0, 1}) require_dtype(ctx, i, Types<float>{});
  ctx.set(0, DType::f32, ctx.shape(1));
}

StepPlan plan(const PlanContext& ctx) {
  // The pooled image is input 1.
  return {.state = PlanState(pool_geometry({ctx.node, ctx.inputs.subspan(1), ctx.outputs}))};
}

void give_back(const kernels::PoolGeometry& g, const float* dy, const float* x, float* dx) {
  const auto& [a0, a1, a2] = g.axes;
  std::memset(dx, 0, static_cast<std::size_t>(g.input_pixels()) * sizeof(float));
  for (int64_t o0 = 0; o0 < a0.out; ++o0) {
    const kernels::PoolTaps t0(a0, o0);
    for (int64_t o1 = 0; o1 < a1.out; ++o1) {
      const kernels::PoolTaps t1(a1, o1);
      for (int64_t o2 = 0; o2 < a2.out; ++o2, ++dy) {
        const kernels::PoolTaps t2(a2, o2);
        int64_t best = -1;
        for (int64_t i = t0.first_tap; i < t0.end_tap; ++i)
          for (int64_t j = t1.first_tap; j < t1.end_tap; ++j) {
            const int64_t row =
                ((t0.start + i * a0.dilation) * a1.in + t1.start + j * a1.dilation) * a2.in + t2.start;
            for (int64_t k = t2.first_tap; k < t2.end_tap; ++k)
              if (const int64_t at = row + k * a2.dilation; best < 0 || x[at] > x[best]) best = at;
          }
        if (best >= 0) dx[best] += *dy;
      }
    }
  }
}

void run(RunContext& ctx) {
  const auto& g = ctx.planned<kernels::PoolGeometry>();
  const float *const dy = ctx.inputs[0].as<float>(), *const x = ctx.inputs[1].as<float>();
  float* const dx = ctx.outputs[0].as<float>();
  const int64_t taps = g.axes[0].kernel * g.axes[1].kernel * g.axes[2].kernel;
  parallel_elements(ctx.kernels, g.n, g.input_pixels() + g.output_pixels() * taps,
                    [&](int64_t begin, int64_t end) {
                      for (int64_t plane = begin; plane < end; ++plane)
                        give_back(g, dy + plane * g.output_pixels(), x + plane * g.input_pixels(),
                                  dx + plane * g.input_pixels());
                    });
}

OCTAVO_OPERATOR(max_pool_gradient, {.name = "octavo.MaxPoolGradient",
                                    .min_inputs = 2,
                                    .max_inputs = 2,
                                    .attributes = kAttributes,
                                    .infer = infer,
                                    .plan = plan,
                                    .run = run,
                                    .computes_f32 = true});

}  // namespace

}  // namespace octavo
