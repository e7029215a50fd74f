// octavo.QuantizeGradient (float32): what the fake quantizer y = (clamp(i, qmin, qmax) - z) · s of i = round(x / s) + z
// passes on of dy, with the attributes and notes of its QuantizeLinear:
//
//   dx, ds = QuantizeGradient(dy, x, s, z)
//   dx = dy where qmin <= i <= qmax, else 0: the mask is of the integer before it is clamped, as in PyTorch
//        (FakeQuantPerTensorAffine.cpp)
//   ds = Σ dy · (i - z - x / s) where it is within, Σ dy · (qmin - z) below and Σ dy · (qmax - z) above: learned step
//        sizes (Esser et al. 2020), as in PyTorch's _learnable_fake_quantize without the factor 1 / √(n · qmax), which
//        is a matter of the learning rate. Sums are in float64, of blocks of elements, in
//        their order.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "autodiff/ops/in_place.h"
#include "base/error.h"
#include "graph/qdq.h"
#include "kernels/quantize/mask.h"
#include "ops/elements.h"
#include "ops/operands.h"
#include "ops/parallel.h"
#include "ops/qdq_layout.h"
#include "ops/scratch.h"

namespace octavo {

namespace {

constexpr auto kAttributes = joined(
    kQdqAttributes,
    {{"output_dtype", AttrKind::integer}, {"saturate", AttrKind::integer}, {kInPlace, AttrKind::integer}});

enum Input : std::size_t { kDy, kX, kScale, kZeroPoint };

void infer(InferContext& ctx) {
  for (const std::size_t i : {kDy, kX, kScale}) require_dtype(ctx, i, Types<float>{});
  ctx.set(0, DType::f32, ctx.shape(kX));
  ctx.set(1, DType::f32, ctx.shape(kScale));
}

// Elements whose share of ds is summed at a time.
constexpr int64_t kBlock = 8192;
int64_t blocks_of(int64_t elements) { return (elements + kBlock - 1) / kBlock; }

StepPlan plan(const PlanContext& ctx) {
  StepPlan plan = plan_qdq({{ctx.node, ctx.inputs.subspan(kX), ctx.outputs}, ctx.kernels});
  plan.workspace = scratch_bytes<double>(static_cast<uint64_t>(ctx.shape(kScale).elements())) +
                   scratch_bytes<double>(static_cast<uint64_t>(blocks_of(ctx.shape(kX).elements())));
  plan.is_view = plan.runs_as_view = is_in_place(ctx.node);
  return plan;
}

// Bounds of round(x / s) within which nothing saturates.
struct Bounds {
  float scale, low, high;
};

double scale_gradient(const float* dy, const float* x, const Bounds& bounds, int64_t n) {
  double sum = 0;
  for (int64_t i = 0; i < n; ++i) {
    const float ratio = x[i] / bounds.scale, integer = std::nearbyint(ratio);
    const float slope = integer < bounds.low    ? bounds.low
                        : integer > bounds.high ? bounds.high
                                                : integer - ratio;
    sum += static_cast<double>(dy[i]) * static_cast<double>(slope);
  }
  return sum;
}

void run(RunContext& ctx) {
  const auto& layout = ctx.planned<QdqLayout>();
  const bool has_zero_point = ctx.has(kZeroPoint);
  const DType storage = has_zero_point ? ctx.inputs[kZeroPoint].dtype : DType::u8;
  const IntegerRange range = integer_range(ctx.node.notes, storage);
  const float *dy = ctx.inputs[kDy].as<float>(), *x = ctx.inputs[kX].as<float>();
  const float* const scale = ctx.inputs[kScale].as<float>();
  float* dx = ctx.outputs[0].as<float>();
  const int64_t parameters = ctx.inputs[kScale].shape.elements();
  const bool learns = ctx.outputs.size() > 1 && ctx.outputs[1].present();
  Scratch scratch(ctx.workspace);
  double* const sums = scratch.take<double>(static_cast<std::size_t>(parameters));
  std::fill_n(sums, parameters, 0.0);
  double* const block_sums = scratch.take<double>(static_cast<std::size_t>(blocks_of(layout.length)));
  for (int64_t run = 0; run < layout.runs;
       ++run, x += layout.length, dy += layout.length, dx += layout.length) {
    const int64_t p = layout.parameter(run);
    int64_t zero_point = 0;
    if (has_zero_point) load_elements(ctx.inputs[kZeroPoint], p, 1, &zero_point);
    const Bounds bounds{scale[p], static_cast<float>(range.qmin - zero_point),
                        static_cast<float>(range.qmax - zero_point)};
    if (learns) {
      const int64_t blocks = blocks_of(layout.length);
      parallel_elements(ctx.kernels, blocks, kBlock, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i)
          block_sums[i] = scale_gradient(dy + i * kBlock, x + i * kBlock, bounds,
                                         std::min(kBlock, layout.length - i * kBlock));
      });
      sums[p] = std::accumulate(block_sums, block_sums + blocks, sums[p]);
    }
    parallel_elements(ctx.kernels, layout.length, 1, [&](int64_t begin, int64_t end) {
      kernels::mask_rounded({bounds.low, bounds.high}, bounds.scale, dy + begin, x + begin,
                            static_cast<std::size_t>(end - begin), dx + begin);
    });
  }
  for (int64_t p = 0; learns && p < parameters; ++p)
    ctx.outputs[1].as<float>()[p] = static_cast<float>(sums[p]);
}

// Elements may lie in any order where one scale is all there is.
bool permute(Graph& graph, Node& node, std::span<const int>) {
  const std::optional<Shape>& scale = graph[node.inputs[kScale]].shape;
  return scale && scale->is_static() && scale->elements() == 1;
}

OCTAVO_OPERATOR(quantize_gradient, {.name = "octavo.QuantizeGradient",
                                    .min_inputs = 3,
                                    .max_inputs = 4,
                                    .max_outputs = 2,
                                    .attributes = kAttributes,
                                    .infer = infer,
                                    .plan = plan,
                                    .run = run,
                                    .layout = LayoutRule::elementwise,
                                    .permute = permute});

}  // namespace

}  // namespace octavo
