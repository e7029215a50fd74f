// OneHot: a new axis on which the value `on` (of any dtype) stands where an index says, and `off` elsewhere; everywhere
// for an index outside of it. ONNX OneHot-9 … OneHot-11.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "kernels/transpose/transpose.h"
#include "ops/along_axis.h"
#include "ops/elements.h"
#include "ops/operands.h"

namespace octavo {

namespace {

enum : std::size_t { kIndices = 0, kDepth = 1, kValues = 2 };

int axis_of(const Attrs& attrs, const Shape& indices) {
  return normalize_axis(attrs.get_int("axis", -1), indices.rank() + 1);
}

void infer(InferContext& ctx) {
  Shape y = ctx.shape(kIndices);
  require_elements(ctx, kDepth, 1);
  require_elements(ctx, kValues, 2);
  int64_t depth = kDynamic;
  if (ctx.inputs[kDepth].known != nullptr) {
    double number = 0;
    load_elements(ctx.inputs[kDepth].known->view(), 0, 1, &number);
    require(number >= 0, ErrorCode::invalid_graph, "the depth is negative or not a number");
    depth = static_cast<int64_t>(std::min<double>(number, kMaxTensorBytes));
  }
  y.dims.insert(y.dims.begin() + axis_of(ctx.attrs(), ctx.shape(kIndices)), depth);
  ctx.set(0, ctx.dtype(kValues), y);
}

StepPlan plan(const PlanContext& ctx) {
  return {.state = PlanState(AlongAxis(ctx.output_shape(), axis_of(ctx.attrs(), ctx.shape(kIndices))))};
}

void run(RunContext& ctx) {
  const TensorView &indices = ctx.inputs[kIndices], &values = ctx.inputs[kValues], &y = ctx.outputs[0];
  const auto& [outer, depth, inner] = ctx.planned<AlongAxis>();
  const std::size_t size = size_of(y.dtype);
  kernels::fill(y.data, y.shape.elements(), values.data, static_cast<int>(size));
  double chunk[kChunk];
  const int64_t count = indices.shape.elements();
  for (int64_t first = 0; first < count; first += kChunk) {
    const int64_t n = std::min(kChunk, count - first);
    load_elements(indices, first, n, chunk);
    for (int64_t i = 0; i < n; ++i) {
      const double wanted = std::trunc(chunk[i]),
                   index = wanted < 0 ? wanted + static_cast<double>(depth) : wanted;
      if (!(index >= 0 && index < static_cast<double>(depth))) continue;
      const int64_t at = first + i, row = at / inner * depth + static_cast<int64_t>(index);
      std::memcpy(y.data + (row * inner + at % inner) * size, values.data + size, size);
    }
  }
}

OCTAVO_OPERATOR(one_hot, {.name = "OneHot",
                          .since = 9,
                          .min_inputs = 3,
                          .max_inputs = 3,
                          .attributes = kAxisAttribute,
                          .infer = infer,
                          .plan = plan,
                          .run = run,
                          .same_dtype = false,
                          .shape_operands = 1 << kDepth});

}  // namespace

}  // namespace octavo
