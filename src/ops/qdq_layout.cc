#include "ops/qdq_layout.h"

#include "base/error.h"

namespace octavo {

namespace {

bool fits(int64_t a, int64_t b) { return a == b || a == kDynamic || b == kDynamic; }

bool is_one_number(const Shape& scale) { return scale.rank() == 0 || (scale.rank() == 1 && scale[0] == 1); }

bool is_by_row(const Shape& x, const Shape& scale) {
  if (scale.rank() < 2 || scale.rank() != x.rank() || !fits(scale[scale.rank() - 1], 1)) return false;
  for (int i = 0; i + 1 < x.rank(); ++i)
    if (!fits(x[i], scale[i])) return false;
  return true;
}

}  // namespace

void check_qdq(const InferContext& ctx) {
  const Shape &x = ctx.shape(0), &scale = ctx.shape(1);
  require(ctx.dtype(1) == DType::f32, ErrorCode::unsupported, "a scale of ", dtype_name(ctx.dtype(1)));
  if (ctx.has(2)) {
    const Shape& zero_point = ctx.shape(2);
    bool same = zero_point.rank() == scale.rank() || (is_one_number(zero_point) && is_one_number(scale));
    for (int i = 0; same && i < scale.rank() && i < zero_point.rank(); ++i) same = fits(scale[i], zero_point[i]);
    require(same, ErrorCode::invalid_graph, "scale ", scale, " and zero_point ", zero_point,
            " have different shapes");
  }
  if (is_one_number(scale) || is_by_row(x, scale)) return;
  require(scale.rank() == 1, ErrorCode::unsupported, "a scale ", scale, " for an input ", x,
          ": blocks of other sizes than a row are not supported");
  const int axis = normalize_axis(ctx.attrs().get_int("axis", 1), x.rank());
  require(fits(x[axis], scale[0]), ErrorCode::invalid_graph, "scale ", scale, " does not fit axis ", axis,
          " of input ", x);
}

QdqLayout qdq_layout(const Attrs& attrs, const Shape& x, const Shape& scale) {
  if (is_one_number(scale)) return {1, x.elements(), 1};
  if (is_by_row(x, scale)) {
    const int64_t rows = x.elements(0, x.rank() - 1);
    return {rows, x[x.rank() - 1], rows};
  }
  const int axis = normalize_axis(attrs.get_int("axis", 1), x.rank());
  return {x.elements(0, axis + 1), x.elements(axis + 1, x.rank()), x[axis]};
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
