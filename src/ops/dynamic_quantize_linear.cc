// DynamicQuantizeLinear: ranges x as it comes, then quantizes it to uint8. ONNX DynamicQuantizeLinear-11.
//
// With the note Granularity::row every row (the last axis) has a range of its own, and scale and
// zero_point have the shape of x with a last dimension of 1: what a DequantizeLinear with axis -1 reads as one block a
// row. The note qmax narrows the range of the integers.
#include "base/error.h"
#include "graph/op_def.h"
#include "graph/qdq.h"
#include "ops/dynamic_range.h"

namespace octavo {

namespace {

bool is_by_row(const Node& node, const Shape& x) {
  return node.notes.granularity == Granularity::row && x.rank() > 0;
}

void infer(InferContext& ctx) {
  require(ctx.dtype(0) == DType::f32, ErrorCode::unsupported, "DynamicQuantizeLinear takes float32, not {}",
          dtype_name(ctx.dtype(0)));
  integer_range(ctx.node.notes, DType::u8);
  const Shape& x = ctx.shape(0);
  Shape parameters;
  if (is_by_row(ctx.node, x)) {
    parameters = x;
    parameters[x.rank() - 1] = 1;
  }
  ctx.set(0, DType::u8, x);
  ctx.set(1, DType::f32, parameters);
  ctx.set(2, DType::u8, parameters);
}

struct DynamicPlan {
  int64_t rows, length;
  IntegerRange range;
};

StepPlan plan(const PlanContext& ctx) {
  const Shape& x = ctx.shape(0);
  const int64_t rows = is_by_row(ctx.node, x) ? x.elements(0, x.rank() - 1) : 1;
  return {.state = PlanState(DynamicPlan{rows, rows == 0 ? 0 : x.elements() / rows,
                                         integer_range(ctx.node.notes, DType::u8)})};
}

void run(RunContext& ctx) {
  const auto& [rows, length, range] = ctx.planned<DynamicPlan>();
  const float* x = ctx.inputs[0].as<float>();
  uint8_t* y = ctx.outputs[0].as<uint8_t>();
  const auto is_used = [&](std::size_t i) { return i < ctx.outputs.size() && ctx.outputs[i].present(); };
  for (int64_t row = 0; row < rows; ++row, x += length, y += length) {
    const auto params = quantize_by_range(ctx.kernels, {x, 1, length, 0}, range, y);
    if (is_used(1)) ctx.outputs[1].as<float>()[row] = params.scale;
    if (is_used(2)) ctx.outputs[2].as<uint8_t>()[row] = static_cast<uint8_t>(params.zero_point);
  }
}

OCTAVO_OPERATOR(dynamic_quantize_linear, {.name = "DynamicQuantizeLinear",
                                          .since = 11,
                                          .min_outputs = 3,
                                          .max_outputs = 3,
                                          .infer = infer,
                                          .plan = plan,
                                          .run = run,
                                          .same_dtype = false});

}  // namespace

}  // namespace octavo
