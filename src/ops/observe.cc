// octavo.Observe (float32): the identity, which shows its tensor to whoever watches the session.
#include "ops/operands.h"

namespace octavo {

namespace {

void infer(InferContext& ctx) {
  require_dtype(ctx, 0, {DType::f32});
  infer_as_input(ctx);
}

void run(RunContext& ctx) {
  copy_input(ctx);
  if (ctx.observer != nullptr) ctx.observer->observe(ctx.attrs().get_int("id", 0), ctx.outputs[0]);
}

const RegisterOp observe(
    {.name = "octavo.Observe", .infer = infer, .run = run, .layout = LayoutRule::elementwise});

}  // namespace

}  // namespace octavo
