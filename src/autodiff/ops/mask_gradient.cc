// octavo.MaskGradient (float32): dx = MaskGradient(dy, x) = dy where low <= x <= high, else 0, also where x is NaN:
// what a clamp passes on, by its input or its output.
#include <limits>

#include "autodiff/ops/in_place.h"
#include "base/error.h"
#include "kernels/quantize/mask.h"
#include "ops/operands.h"
#include "ops/parallel.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {
    {"low", AttrKind::real}, {"high", AttrKind::real}, {kInPlace, AttrKind::integer}};

void infer(InferContext& ctx) {
  for (const std::size_t i : {0, 1}) require_dtype(ctx, i, Types<float>{});
  require(ctx.shape(0) == ctx.shape(1), ErrorCode::invalid_graph, "a gradient {} does not fit {}",
          ctx.shape(0), ctx.shape(1));
  infer_as_input(ctx);
}

StepPlan plan(const PlanContext& ctx) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const kernels::Bounds bounds{ctx.attrs().get_float("low", -kInfinity),
                               ctx.attrs().get_float("high", kInfinity)};
  const bool in_place = is_in_place(ctx.node);
  return {.state = PlanState(bounds), .is_view = in_place, .runs_as_view = in_place};
}

void run(RunContext& ctx) {
  const auto& bounds = ctx.planned<kernels::Bounds>();
  const float *const dy = ctx.inputs[0].as<float>(), *const x = ctx.inputs[1].as<float>();
  float* const dx = ctx.outputs[0].as<float>();
  parallel_elements(ctx.kernels, ctx.outputs[0].shape.elements(), 1, [&](int64_t begin, int64_t end) {
    kernels::mask(bounds, dy + begin, x + begin, static_cast<std::size_t>(end - begin), dx + begin);
  });
}

OCTAVO_OPERATOR(mask_gradient, {.name = "octavo.MaskGradient",
                                .min_inputs = 2,
                                .max_inputs = 2,
                                .attributes = kAttributes,
                                .infer = infer,
                                .plan = plan,
                                .run = run,
                                .layout = LayoutRule::elementwise});

}  // namespace

}  // namespace octavo
