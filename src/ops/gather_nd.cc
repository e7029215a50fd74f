// GatherND and ScatterND: slices of any dtype, each with indices of its first axes. ONNX GatherND-11 … GatherND-13,
// ScatterND-11 … ScatterND-18.
#include <cstring>

#include "base/error.h"
#include "ops/indices.h"
#include "ops/operands.h"
#include "ops/scatter_reduction.h"

namespace octavo {

namespace {

constexpr AttrDef kBatchAttribute[] = {{"batch_dims", AttrKind::integer}};

// Axes of the data that an index names; kDynamic where the indices do not tell yet.
int64_t indexed_axes(const InferContext& ctx, int64_t batch_dims) {
  require_dtype(ctx, 1, {DType::s32, DType::s64});
  const Shape &data = ctx.shape(0), &indices = ctx.shape(1);
  require(indices.rank() > 0 && batch_dims >= 0 && batch_dims < std::min(data.rank(), indices.rank()) &&
              indices.dims.back() <= data.rank() - batch_dims,
          ErrorCode::invalid_graph, "indices of shape {} do not fit data of shape {} with {} batch axes",
          indices, data, batch_dims);
  return indices.dims.back();
}

// The axes of `indices` but the last, and what is behind those axes of the data that they name.
Shape slices_shape(const Shape& data, const Shape& indices, int64_t first_axis) {
  Shape out(Dims(indices.dims.begin(), indices.dims.end() - 1));
  out.dims.insert(out.dims.end(), data.dims.begin() + first_axis, data.dims.end());
  return out;
}

void infer_gather(InferContext& ctx) {
  const Shape &data = ctx.shape(0), &indices = ctx.shape(1);
  const int64_t batch_dims = ctx.attrs().get_int("batch_dims", 0), named = indexed_axes(ctx, batch_dims);
  for (int axis = 0; axis < batch_dims; ++axis)
    require(may_equal(data[axis], indices[axis]), ErrorCode::invalid_graph,
            "batch axis {} of shapes {} and {} differs", axis, data, indices);
  if (named == kDynamic) return ctx.set_unknown(0, ctx.dtype(0));
  ctx.set(0, ctx.dtype(0), slices_shape(data, indices, batch_dims + named));
}

void infer_scatter(InferContext& ctx) {
  require_same_dtype(ctx, 0, 2);
  scatter_reduction(ctx.attrs());
  const int64_t named = indexed_axes(ctx, 0);
  if (named != kDynamic) {
    const Shape expected = slices_shape(ctx.shape(0), ctx.shape(1), named);
    const Shape& updates = ctx.shape(2);
    bool fits = updates.rank() == expected.rank();
    for (int axis = 0; fits && axis < expected.rank(); ++axis)
      fits = may_equal(expected[axis], updates[axis]);
    require(fits, ErrorCode::invalid_graph, "updates have shape {}, not {}", updates, expected);
  }
  infer_as_input(ctx);
}

struct NdPlan {
  int first_axis, axes;  // of the data, that an index names
  int64_t slice;         // elements
  int64_t count;         // of indices in each batch
  ScatterReduction reduction;
};

StepPlan plan(const PlanContext& ctx) {
  const Shape &data = ctx.shape(0), &indices = ctx.shape(1);
  const auto batch_dims = static_cast<int>(ctx.attrs().get_int("batch_dims", 0));
  const auto axes = static_cast<int>(indices.dims.back());
  return {.state = PlanState(NdPlan{batch_dims, axes, data.elements(batch_dims + axes, data.rank()),
                                    indices.elements(batch_dims, indices.rank() - 1),
                                    scatter_reduction(ctx.attrs())})};
}

// Calls body(i, at) for each slice i and the element of the data with which it begins.
template <class Body> void for_each_slice(RunContext& ctx, const Body& body) {
  const auto& plan = ctx.planned<NdPlan>();
  const Shape& data = ctx.inputs[0].shape;
  const int64_t batches = data.elements(0, plan.first_axis);
  int64_t i = 0, next = 0;
  for (int64_t batch = 0; batch < batches; ++batch)
    for (int64_t of_batch = 0; of_batch < plan.count; ++of_batch, ++i) {
      int64_t at = batch;
      for (int axis = plan.first_axis; axis < plan.first_axis + plan.axes; ++axis)
        at = at * data[axis] + index_at(ctx.inputs[1], next++, data, axis);
      body(i, at * plan.slice);
    }
}

void run_gather(RunContext& ctx) {
  const std::byte* const data = ctx.inputs[0].data;
  std::byte* const out = ctx.outputs[0].data;
  const std::size_t size = size_of(ctx.inputs[0].dtype), slice = ctx.planned<NdPlan>().slice * size;
  for_each_slice(ctx, [&](int64_t i, int64_t at) { std::memcpy(out + i * slice, data + at * size, slice); });
}

void run_scatter(RunContext& ctx) {
  copy_input(ctx);
  const auto& plan = ctx.planned<NdPlan>();
  for_each_slice(ctx, [&](int64_t i, int64_t at) {
    scatter(plan.reduction, ctx.outputs[0], at, ctx.inputs[2], i * plan.slice, plan.slice);
  });
}

OCTAVO_OPERATOR(gather_nd, {.name = "GatherND",
                            .since = 11,
                            .min_inputs = 2,
                            .max_inputs = 2,
                            .attributes = kBatchAttribute,
                            .infer = infer_gather,
                            .plan = plan,
                            .run = run_gather,
                            .quant = kMovesElements});

OCTAVO_OPERATOR(scatter_nd, {.name = "ScatterND",
                             .since = 11,
                             .min_inputs = 3,
                             .max_inputs = 3,
                             .attributes = kReductionAttribute,
                             .infer = infer_scatter,
                             .plan = plan,
                             .run = run_scatter});

}  // namespace

}  // namespace octavo
