// GatherElements and ScatterElements: elements of any dtype, each with an index along one axis. ONNX GatherElements-11
// … GatherElements-13, ScatterElements-11 … ScatterElements-18.
#include <cstring>

#include "base/error.h"
#include "kernels/strided.h"
#include "ops/indices.h"
#include "ops/operands.h"
#include "ops/scatter_reduction.h"

namespace octavo {

namespace {

constexpr auto kScatterAttributes = joined(kAxisAttribute, kReductionAttribute);

int axis_of(const Attrs& attrs, const Shape& data) {
  return normalize_axis(attrs.get_int("axis", 0), data.rank());
}

// Along all other axes there are at most as many indices as elements.
void check_indices(const InferContext& ctx) {
  require_dtype(ctx, 1, {DType::s32, DType::s64});
  const Shape &data = ctx.shape(0), &indices = ctx.shape(1);
  const int along = axis_of(ctx.attrs(), data);
  bool fits = indices.rank() == data.rank();
  for (int axis = 0; fits && axis < data.rank(); ++axis)
    fits = axis == along || data[axis] == kDynamic || indices[axis] <= data[axis];
  require(fits, ErrorCode::invalid_graph, "indices of shape {} do not fit data of shape {}", indices, data);
}

void infer_gather(InferContext& ctx) {
  check_indices(ctx);
  ctx.set(0, ctx.dtype(0), ctx.shape(1));
}

void infer_scatter(InferContext& ctx) {
  check_indices(ctx);
  require_same_dtype(ctx, 0, 2);
  const Shape &indices = ctx.shape(1), &updates = ctx.shape(2);
  bool fits = indices.rank() == updates.rank();
  for (int axis = 0; fits && axis < indices.rank(); ++axis) fits = may_equal(indices[axis], updates[axis]);
  require(fits, ErrorCode::invalid_graph, "indices of shape {} do not fit updates of shape {}", indices,
          updates);
  scatter_reduction(ctx.attrs());
  infer_as_input(ctx);
}

struct ElementsPlan {
  kernels::StridedBox<2> box;  // the data without the axis, and the indices
  int axis;
  int64_t step;  // elements of the data from index to index
  ScatterReduction reduction;
};

StepPlan plan(const PlanContext& ctx) {
  const Shape &data = ctx.shape(0), &indices = ctx.shape(1);
  const Dims data_steps = data.strides(), index_steps = indices.strides();
  const auto size = static_cast<int64_t>(size_of(ctx.dtype(0))),
             index_size = static_cast<int64_t>(size_of(ctx.dtype(1)));
  const int along = axis_of(ctx.attrs(), data);
  ElementsPlan plan{{}, along, data_steps[along], scatter_reduction(ctx.attrs())};
  for (int axis = 0; axis < data.rank(); ++axis)
    plan.box.append(indices[axis],
                    {axis == along ? 0 : data_steps[axis] * size, index_steps[axis] * index_size});
  return {.state = PlanState(plan)};
}

// Calls body(i, at) for each index i and the element of the data that it means.
template <class Body> void for_each_index(RunContext& ctx, const Body& body) {
  const auto& plan = ctx.planned<ElementsPlan>();
  const TensorView &data = ctx.inputs[0], &indices = ctx.inputs[1];
  const auto size = static_cast<int64_t>(size_of(data.dtype)),
             index_size = static_cast<int64_t>(size_of(indices.dtype));
  plan.box.for_each_row({data.data, indices.data}, [&](const auto& pointers, int64_t n, const auto& step) {
    int64_t at = (pointers[0] - data.data) / size, i = (pointers[1] - indices.data) / index_size;
    for (; n > 0; --n, at += step[0] / size, i += step[1] / index_size)
      body(i, at + index_at(indices, i, data.shape, plan.axis) * plan.step);
  });
}

void run_gather(RunContext& ctx) {
  const std::byte* const data = ctx.inputs[0].data;
  std::byte* const out = ctx.outputs[0].data;
  const std::size_t size = size_of(ctx.inputs[0].dtype);
  for_each_index(ctx, [&](int64_t i, int64_t at) { std::memcpy(out + i * size, data + at * size, size); });
}

void run_scatter(RunContext& ctx) {
  copy_input(ctx);
  const ScatterReduction reduction = ctx.planned<ElementsPlan>().reduction;
  for_each_index(ctx,
                 [&](int64_t i, int64_t at) { scatter(reduction, ctx.outputs[0], at, ctx.inputs[2], i, 1); });
}

OCTAVO_OPERATOR(gather_elements, {.name = "GatherElements",
                                  .since = 11,
                                  .min_inputs = 2,
                                  .max_inputs = 2,
                                  .attributes = kAxisAttribute,
                                  .infer = infer_gather,
                                  .plan = plan,
                                  .run = run_gather,
                                  .quant = kMovesElements});

OCTAVO_OPERATOR(scatter_elements, {.name = "ScatterElements",
                                   .since = 9,
                                   .min_inputs = 3,
                                   .max_inputs = 3,
                                   .attributes = kScatterAttributes,
                                   .infer = infer_scatter,
                                   .plan = plan,
                                   .run = run_scatter});

}  // namespace

}  // namespace octavo
