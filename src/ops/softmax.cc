// Softmax (float32) along one axis. ONNX Softmax-13; the reader spells older ones this way.
#include "kernels/softmax/softmax.h"

#include "ops/operands.h"
#include "ops/parallel.h"

namespace octavo {

namespace {

void infer(InferContext& ctx) {
  require_dtype(ctx, 0, {DType::f32});
  axis_or_last(ctx.attrs(), ctx.shape(0));
  infer_as_input(ctx);
}

void run(RunContext& ctx) {
  const TensorView &x = ctx.inputs[0], &y = ctx.outputs[0];
  const int axis = axis_or_last(ctx.attrs(), x.shape);
  const int64_t n = x.shape[axis], inner = x.shape.elements(axis + 1, x.shape.rank());
  const float* const in = x.as<float>();
  float* const out = y.as<float>();
  parallel_elements(ctx.kernels, x.shape.elements(0, axis), 8 * n * inner, [&](int64_t begin, int64_t end) {
    kernels::softmax_f32(in + begin * n * inner, out + begin * n * inner, end - begin, n, inner);
  });
}

OCTAVO_OPERATOR(softmax, {.name = "Softmax",
                          .infer = infer,
                          .run = run,
                          .layout = LayoutRule::permutable,
                          .permute = permute_axis_attribute});

}  // namespace

}  // namespace octavo
