// Gather of any dtype: slices of one axis, picked by index. ONNX Gather-11 … Gather-13.
#include <cstring>

#include "base/error.h"
#include "ops/indices.h"
#include "ops/operands.h"

namespace octavo {

namespace {

int axis_of(const Attrs& attrs, const Shape& data) {
  return normalize_axis(attrs.get_int("axis", 0), data.rank());
}

void infer(InferContext& ctx) {
  require_dtype(ctx, 1, {DType::s32, DType::s64});
  Shape out = ctx.shape(0);
  const Shape& indices = ctx.shape(1);
  const int axis = axis_of(ctx.attrs(), out);
  out.dims.erase(out.dims.begin() + axis);
  out.dims.insert(out.dims.begin() + axis, indices.dims.begin(), indices.dims.end());
  ctx.set(0, ctx.dtype(0), out);
}

StepPlan plan(const PlanContext& ctx) { return {.state = PlanState(axis_of(ctx.attrs(), ctx.shape(0)))}; }

void run(RunContext& ctx) {
  const TensorView &data = ctx.inputs[0], &indices = ctx.inputs[1];
  const int axis = ctx.planned<int>();
  const int64_t dim = data.shape[axis], count = indices.shape.elements();
  for (int64_t i = 0; i < count; ++i) index_at(indices, i, data.shape, axis);
  const std::size_t slice =
      static_cast<std::size_t>(data.shape.elements(axis + 1, data.shape.rank())) * size_of(data.dtype);
  const std::byte* from = data.data;
  std::byte* to = ctx.outputs[0].data;
  for (int64_t outer = data.shape.elements(0, axis); outer > 0; --outer, from += dim * slice)
    for (int64_t i = 0; i < count; ++i, to += slice) {
      const int64_t index = int_at(indices, i);
      std::memcpy(to, from + (index < 0 ? index + dim : index) * slice, slice);
    }
}

OCTAVO_OPERATOR(gather, {.name = "Gather",
                         .min_inputs = 2,
                         .max_inputs = 2,
                         .attributes = kAxisAttribute,
                         .infer = infer,
                         .plan = plan,
                         .run = run,
                         .quant = kMovesElements});

}  // namespace

}  // namespace octavo
