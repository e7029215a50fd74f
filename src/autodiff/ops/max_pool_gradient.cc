// octavo.MaxPoolGradient (float32): dx = MaxPoolGradient(x, dy), with the attributes of the MaxPool that made y of x.
// The first of the largest elements of each window gets dy; windows that overlap are added up, in their order.
#include "autodiff/ops/images.h"
#include "autodiff/ops/in_place.h"
#include "base/error.h"
#include "ops/operands.h"
#include "ops/pool_layer.h"
#include "ops/window.h"

namespace octavo {

namespace {

constexpr auto kAttributes = joined(
    kWindowAttributes,
    {{"ceil_mode", AttrKind::integer}, {"storage_order", AttrKind::integer}, {kInPlace, AttrKind::integer}});

void infer(InferContext& ctx) {
  for (std::size_t i : {0, 1}) require_dtype(ctx, i, Types<float>{});
  infer_as_input(ctx);
}

StepPlan plan(const PlanContext& ctx) {
  const kernels::PoolGeometry g = pool_geometry(ctx);
  const bool in_place = is_in_place(ctx.node) && has_windows_apart(g);
  return {.state = PlanState(g), .is_view = in_place, .runs_as_view = in_place};
}

void run(RunContext& ctx) {
  const auto& g = ctx.planned<kernels::PoolGeometry>();
  const float *const x = ctx.inputs[0].as<float>(), *const dy = ctx.inputs[1].as<float>();
  float* const dx = ctx.outputs[0].as<float>();
  const int64_t taps = g.axes[0].kernel * g.axes[1].kernel * g.axes[2].kernel;
  const int64_t in = g.input_pixels() * g.c, out = g.output_pixels() * g.c;
  parallel_elements(ctx.kernels, g.n, in + out * taps, [&](int64_t begin, int64_t end) {
    kernels::PoolGeometry images = g;
    images.n = end - begin;
    max_pool_gradient(images, x + begin * in, dy + begin * out, dx + begin * in);
  });
}

OCTAVO_OPERATOR(max_pool_gradient, {.name = "octavo.MaxPoolGradient",
                                    .min_inputs = 2,
                                    .max_inputs = 2,
                                    .attributes = kAttributes,
                                    .infer = infer,
                                    .plan = plan,
                                    .run = run,
                                    .computes_f32 = true,
                                    .layout = LayoutRule::joining,
                                    .permute = permute_images});

}  // namespace

}  // namespace octavo
