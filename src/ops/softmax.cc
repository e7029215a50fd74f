// Softmax (float32) along one axis. ONNX Softmax-13; the reader spells older ones this way.
#include "kernels/softmax/softmax.h"

#include "ops/operands.h"

namespace octavo {

namespace {

int axis_of(const Attrs& attrs, const Shape& shape) {
  return normalize_axis(attrs.get_int("axis", -1), shape.rank());
}

void infer(InferContext& ctx) {
  require_dtype(ctx, 0, {DType::f32});
  axis_of(ctx.attrs(), ctx.shape(0));
  infer_as_input(ctx);
}

void run(RunContext& ctx) {
  const TensorView &x = ctx.inputs[0], &y = ctx.outputs[0];
  const int axis = axis_of(ctx.attrs(), x.shape);
  kernels::softmax_f32(x.as<float>(), y.as<float>(), x.shape.elements(0, axis), x.shape[axis],
                       x.shape.elements(axis + 1, x.shape.rank()));
}

const RegisterOp softmax({.name = "Softmax",
                          .infer = infer,
                          .run = run,
                          .layout = LayoutRule::permutable,
                          .permute = permute_axis_attribute});

}  // namespace

}  // namespace octavo
