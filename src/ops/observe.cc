// octavo.Observe (float32): the identity, which shows its tensor to whoever watches the session.
#include "ops/operands.h"

namespace octavo {

namespace {

void infer(InferContext& ctx) {
  require_dtype(ctx, 0, {DType::f32});
  infer_as_input(ctx);
}

// The output is the input where it lies, unless that is a constant.
void run(RunContext& ctx) {
  if (ctx.outputs[0].data != ctx.inputs[0].data) copy_input(ctx);
  if (ctx.observer != nullptr) ctx.observer->observe(ctx.node.lowered.observed, ctx.outputs[0]);
}

OCTAVO_OPERATOR(observe, {.name = "octavo.Observe",
                          .infer = infer,
                          .run = run,
                          .is_view = always_view,
                          .runs_as_view = true,
                          .layout = LayoutRule::elementwise});

}  // namespace

}  // namespace octavo
