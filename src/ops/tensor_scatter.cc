// TensorScatter of any dtype: writes an update into a cache, each batch at a place of its own along one axis. ONNX
// TensorScatter-24.
#include <cstring>

#include "base/error.h"
#include "ops/along_axis.h"
#include "ops/operands.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {{"axis", AttrKind::integer}, {"mode", AttrKind::string}};

int axis_of(const Attrs& attrs, const Shape& cache) {
  const int axis = normalize_axis(attrs.get_int("axis", -2), cache.rank());
  require(axis > 0, ErrorCode::invalid_graph, "the axis is that of the batch");
  return axis;
}

bool is_circular(const Attrs& attrs) { return choice(attrs, "mode", {"linear", "circular"}) == 1; }

void infer(InferContext& ctx) {
  const Shape &cache = ctx.shape(0), &update = ctx.shape(1);
  require_same_dtype(ctx, 0, 1);
  const int along = axis_of(ctx.attrs(), cache);
  is_circular(ctx.attrs());
  bool fits = update.rank() == cache.rank();
  for (int axis = 0; fits && axis < cache.rank(); ++axis)
    fits = may_equal(cache[axis], update[axis]) || (axis == along && update[axis] <= cache[axis]);
  require(fits, ErrorCode::invalid_graph, "an update of shape {} does not fit a cache of shape {}", update,
          cache);
  if (ctx.has(2)) {
    require_dtype(ctx, 2, {DType::s64});
    require(ctx.shape(2).rank() == 1 && may_equal(ctx.shape(2)[0], cache[0]), ErrorCode::invalid_graph,
            "write_indices have shape {}, but the cache has {}", ctx.shape(2), cache);
  }
  infer_as_input(ctx);
}

struct CachePlan {
  AlongAxis cache, update;
  bool is_circular;
};

StepPlan plan(const PlanContext& ctx) {
  const int axis = axis_of(ctx.attrs(), ctx.shape(0));
  const bool in_place = ctx.node.lowered.in_place;
  return {.state = PlanState(CachePlan{{ctx.shape(0), axis}, {ctx.shape(1), axis}, is_circular(ctx.attrs())}),
          .is_view = in_place,
          .runs_as_view = in_place};
}

void run(RunContext& ctx) {
  if (ctx.outputs[0].data != ctx.inputs[0].data) copy_input(ctx);
  const auto& [cache, update, is_circular] = ctx.planned<CachePlan>();
  const TensorView& y = ctx.outputs[0];
  if (update.outer * update.size == 0) return;
  const std::size_t row = cache.inner * size_of(y.dtype);
  const int64_t per_batch = cache.outer / y.shape[0];
  const std::byte* from = ctx.inputs[1].data;
  for (int64_t outer = 0; outer < cache.outer; ++outer) {
    const int64_t batch = outer / per_batch, start = ctx.has(2) ? int_at(ctx.inputs[2], batch) : 0;
    const int64_t last_start = is_circular ? cache.size - 1 : cache.size - update.size;
    require(start >= 0 && start <= last_start, ErrorCode::invalid_input,
            "write index {} of batch {}: a cache of {} has no room for {} more", start, batch, cache.size,
            update.size);
    for (int64_t i = 0; i < update.size; ++i, from += row)
      std::memcpy(y.data + (outer * cache.size + (start + i) % cache.size) * row, from, row);
  }
}

OCTAVO_OPERATOR(tensor_scatter, {.name = "TensorScatter",
                                 .since = 24,
                                 .min_inputs = 2,
                                 .max_inputs = 3,
                                 .attributes = kAttributes,
                                 .infer = infer,
                                 .plan = plan,
                                 .run = run});

}  // namespace

}  // namespace octavo
