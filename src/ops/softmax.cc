// Softmax and LogSoftmax (float32) along one axis. ONNX Softmax-13, LogSoftmax-13; the reader spells older ones this
// way.
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

struct SoftmaxPlan {
  int64_t outer, n, inner;
};

StepPlan plan(const PlanContext& ctx) {
  const Shape& x = ctx.shape(0);
  const int axis = axis_or_last(ctx.attrs(), x);
  return {.state = PlanState(SoftmaxPlan{x.elements(0, axis), x[axis], x.elements(axis + 1, x.rank())})};
}

using Kernel = void(const float* x, float* y, int64_t outer, int64_t n, int64_t inner);

template <Kernel* kernel> void run(RunContext& ctx) {
  const auto& [outer, n, inner] = ctx.planned<SoftmaxPlan>();
  const float* const in = ctx.inputs[0].as<float>();
  float* const out = ctx.outputs[0].as<float>();
  parallel_elements(ctx.kernels, outer, 8 * n * inner, [&](int64_t begin, int64_t end) {
    kernel(in + begin * n * inner, out + begin * n * inner, end - begin, n, inner);
  });
}

template <Kernel* kernel> constexpr OpDef define(std::string_view name) {
  return {.name = name,
          .attributes = kAxisAttribute,
          .infer = infer,
          .plan = plan,
          .run = run<kernel>,
          .computes_f32 = true,
          .layout = LayoutRule::permutable,
          .permute = permute_axis_attribute};
}

OCTAVO_OPERATOR(softmax, define<kernels::softmax_f32>("Softmax"));
OCTAVO_OPERATOR(log_softmax, define<kernels::log_softmax_f32>("LogSoftmax"));

}  // namespace

}  // namespace octavo
