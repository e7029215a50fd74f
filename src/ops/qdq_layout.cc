#include "ops/qdq_layout.h"

#include <algorithm>

#include "base/error.h"
#include "ops/operands.h"

namespace octavo {

namespace {

bool is_one_number(const Shape& scale) { return scale.rank() == 0 || (scale.rank() == 1 && scale[0] == 1); }

int64_t qdq_axis(const Attrs& attrs, const Shape& x) {
  return normalize_axis(attrs.get_int("axis", 1), x.rank());
}

// Indices of the axis that share a scale. Without the attribute, as few as make the blocks of the scale cover the axis.
int64_t block_size(const Attrs& attrs, int64_t along, int64_t blocks) {
  const int64_t given = attrs.get_int("block_size", 0);
  return given > 0 ? given : std::max<int64_t>(1, (along + blocks - 1) / std::max<int64_t>(1, blocks));
}

bool is_blocked(const Attrs& attrs, const Shape& x, const Shape& scale) {
  if (scale.rank() < 2 || scale.rank() != x.rank()) return false;
  const int64_t axis = qdq_axis(attrs, x);
  for (int i = 0; i < x.rank(); ++i)
    if (i != axis && !may_equal(x[i], scale[i])) return false;
  if (x[axis] == kDynamic || scale[axis] == kDynamic) return true;
  const int64_t block = block_size(attrs, x[axis], scale[axis]);
  return (x[axis] + block - 1) / block == scale[axis];
}

QdqLayout qdq_layout(const Attrs& attrs, const Shape& x, const Shape& scale) {
  if (is_one_number(scale)) return {1, x.elements()};
  const int axis = static_cast<int>(qdq_axis(attrs, x));
  const int64_t outer = x.elements(0, axis), along = x[axis], inner = x.elements(axis + 1, x.rank());
  if (scale.rank() == 1) return {outer * along, inner, along, 1, 1, true};
  const int64_t block = block_size(attrs, along, scale[axis]);
  // Blocks of the last axis are contiguous; elsewhere neighbours have scales of their own.
  if (inner == 1 && along % block == 0) return {outer * along / block, block, along / block};
  return {x.elements(), 1, along, inner, block};
}

}  // namespace

void check_qdq(const InferContext& ctx) {
  const Shape &x = ctx.shape(0), &scale = ctx.shape(1);
  require(ctx.dtype(1) == DType::f32, ErrorCode::unsupported, "a scale of {}", dtype_name(ctx.dtype(1)));
  if (ctx.has(2)) {
    const Shape& zero_point = ctx.shape(2);
    bool same = zero_point.rank() == scale.rank() || (is_one_number(zero_point) && is_one_number(scale));
    for (int i = 0; same && i < scale.rank() && i < zero_point.rank(); ++i)
      same = may_equal(scale[i], zero_point[i]);
    require(same, ErrorCode::invalid_graph, "scale {} and zero_point {} have different shapes", scale,
            zero_point);
  }
  if (is_one_number(scale) || is_blocked(ctx.attrs(), x, scale)) return;
  const bool by_axis =
      scale.rank() == 1 && may_equal(x[static_cast<int>(qdq_axis(ctx.attrs(), x))], scale[0]);
  require(by_axis, ErrorCode::invalid_graph, "scale {} does not fit axis {} of input {}", scale,
          qdq_axis(ctx.attrs(), x), x);
}

StepPlan plan_qdq(const PlanContext& ctx) {
  return {.state = PlanState(qdq_layout(ctx.attrs(), ctx.shape(0), ctx.shape(1)))};
}

bool permute_qdq(Graph& graph, Node& node, std::span<const int> permutation) {
  const auto& scale = graph[node.inputs[1]].shape;
  if (!scale || scale->rank() > 1) return false;
  if (is_one_number(*scale)) return true;
  const int axis = normalize_axis(node.attrs.get_int("axis", 1), static_cast<int>(permutation.size()));
  for (std::size_t i = 0; i < permutation.size(); ++i)
    if (permutation[i] == axis) node.attrs.set("axis", static_cast<int64_t>(i));
  return true;
}

}  // namespace octavo
