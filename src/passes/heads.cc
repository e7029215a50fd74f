#include "passes/heads.h"

#include <algorithm>

#include "base/error.h"
#include "graph/op_def.h"
#include "ops/operands.h"
#include "passes/matching.h"

namespace octavo {

namespace {

// The operators of the algebra.
constexpr Name kTranspose = "Transpose", kExpand = "Expand", kReshape = "Reshape", kSqueeze = "Squeeze",
               kUnsqueeze = "Unsqueeze";

using Order = std::array<int, 4>;

Dims permutation_of(const Node& transpose, int rank) {
  const std::span<const int64_t> given = transpose.attrs.get_ints("perm");
  Dims permutation(given);
  for (int axis = rank - 1; given.empty() && axis >= 0; --axis) permutation.push_back(axis);
  return permutation;
}

// What a value is but for its shape, where all shapes on the way are known.
ValueId unshaped(const GraphEditor& editor, ValueId id) {
  const Node* node = editor.producer(id);
  while (node && is_reshaped(editor.graph(), *node)) node = editor.producer(id = node->inputs[0]);
  return id;
}

Dims axes_not_one(const Shape& shape) {
  Dims axes;
  for (int axis = 0; axis < shape.rank(); ++axis)
    if (shape[axis] != 1) axes.push_back(axis);
  return axes;
}

// Whether a and b have the same elements but for axes of 1. The axes of b in the places of those of a are `to`.
bool match_axes(const Shape& a, const Shape& b, Dims& to) {
  const Dims from = axes_not_one(a);
  to = axes_not_one(b);
  bool fits = a.is_static() && b.is_static() && from.size() == to.size();
  for (std::size_t i = 0; fits && i < to.size(); ++i)
    fits = a[static_cast<int>(from[i])] == b[static_cast<int>(to[i])];
  return fits;
}

// Moves axis i of `shape` to place new_place[i].
void move_axes(Heads& heads, const Order& new_place) {
  Shape shape = heads.shape;
  for (int i = 0; i < 4; ++i) shape[new_place[i]] = heads.shape[i];
  heads.shape = shape;
  for (int& axis : heads.order) axis = new_place[axis];
}

// Through a Transpose of these very axes, whose sizes nobody has to know, or of the last two where the others are one.
bool see_through_transpose(const GraphEditor& editor, Heads& heads) {
  const Graph& graph = editor.graph();
  const ValueId id = editor.producer(heads.id, kTranspose) ? heads.id : unshaped(editor, heads.id);
  const Node* const transpose = editor.producer(id, kTranspose);
  const int rank = rank_of(graph, id);
  if (transpose == nullptr || (rank != 3 && rank != 4)) return false;
  const Dims permutation = permutation_of(*transpose, rank);
  const Shape axes = of_four_axes(*graph[id].shape), &now = heads.shape;
  const bool is_joined = rank == 3 && permutation[0] == 0 && axes.is_static() && now.is_static() &&
                         axes == Shape{1, now[0] * now[1], now[2], now[3]};
  if (axes != now && !is_joined) return false;
  Order places{};
  for (int axis = 4 - rank; axis < 4; ++axis)
    places[axis] = static_cast<int>(permutation[axis - (4 - rank)]) + 4 - rank;
  heads.id = transpose->inputs[0];
  move_axes(heads, places);
  return true;
}

// Through a Transpose whose axes are the same but for those of size 1, which are of no matter.
bool see_through_shapes(const GraphEditor& editor, Heads& heads) {
  const Graph& graph = editor.graph();
  const ValueId id = unshaped(editor, heads.id);
  const Node* const transpose = editor.producer(id, kTranspose);
  Dims axes;
  if (transpose == nullptr || !match_axes(heads.shape, *graph[id].shape, axes)) return false;
  const Dims permutation = permutation_of(*transpose, rank_of(graph, id)), mine = axes_not_one(heads.shape);
  // Axes of 1 go first, and the others are in the order that they had before.
  Dims order{-4, -3, -2, -1};
  for (std::size_t i = 0; i < mine.size(); ++i) order[mine[i]] = permutation[axes[i]];
  Order places{};
  for (int axis = 0; axis < 4; ++axis)
    for (int64_t other : order) places[axis] += other < order[axis] ? 1 : 0;
  heads.id = transpose->inputs[0];
  move_axes(heads, places);
  return true;
}

// Whether an Expand leaves an axis as it is: by sizes, or since it asks for 1 there.
bool keeps_axis(const Graph& graph, const Node& expand, int axis) {
  const int64_t from = (*graph[expand.inputs[0]].shape)[axis], to = (*graph[expand.outputs[0]].shape)[axis];
  const Tensor* const wanted = graph.constant_input(expand, 1);
  return (from != kDynamic && from == to) ||
         (wanted && wanted->shape().elements() == 5 && wanted->span<int64_t>()[axis] == 1);
}

// [batch, heads · n, length, size] of [batch, heads, n, length, size] of [batch, heads, 1, length, size]: heads that n
// of the query share.
bool see_through_sharing(const GraphEditor& editor, Heads& heads) {
  const Graph& graph = editor.graph();
  const Node* const reshape = editor.producer(heads.id, kReshape);
  const Node* const expand = reshape ? editor.producer(reshape->inputs[0], kExpand) : nullptr;
  const Node* const unsqueeze = expand ? editor.producer(expand->inputs[0], kUnsqueeze) : nullptr;
  if (unsqueeze == nullptr || heads.order[0] != 0 || heads.order[1] != 1) return false;
  const Shape &from = *graph[expand->inputs[0]].shape, &to = *graph[reshape->inputs[0]].shape,
              &now = heads.shape;
  const Tensor* const added = graph.constant_input(*unsqueeze, 1);
  if (from.rank() != 5 || to.rank() != 5 || to[2] == kDynamic || added == nullptr ||
      axis_mask(added->view(), 5) != 1u << 2 || of_four_axes(*graph[heads.id].shape) != now)
    return false;
  for (int axis : {0, 1, 3, 4})
    if (!keeps_axis(graph, *expand, axis)) return false;
  // Axis 0 is copied where the new shape says 0, and what is left is the length.
  const Tensor* const wanted = graph.constant_input(*reshape, 1);
  const bool copies =
      wanted && wanted->span<int64_t>()[0] == 0 && reshape->attrs.get_int("allowzero", 0) == 0;
  const bool fits = (copies || (now[0] != kDynamic && now[0] == to[0])) && now[1] != kDynamic &&
                    to[1] != kDynamic && now[1] == to[1] * to[2] && now[3] != kDynamic && now[3] == to[4];
  if (!fits) return false;
  heads.id = unsqueeze->inputs[0];
  heads.shape = *graph[heads.id].shape;
  return true;
}

}  // namespace

bool is_reshaped(const Graph& graph, const Node& node) {
  return (node.op->name == kReshape || node.op->name == kSqueeze || node.op->name == kUnsqueeze) &&
         graph.knows_types(node) && graph[node.inputs[0]].shape->is_static() &&
         graph[node.outputs[0]].shape && graph[node.outputs[0]].shape->is_static();
}

Shape of_four_axes(const Shape& shape) {
  return shape.rank() == 3 ? Shape{1, shape[0], shape[1], shape[2]} : shape;
}

Heads seen_through(const GraphEditor& editor, Heads heads, bool takes_shared) {
  while (see_through_transpose(editor, heads) || see_through_shapes(editor, heads) ||
         (takes_shared && see_through_sharing(editor, heads))) {
  }
  if (heads.shape.is_static() && *editor.graph()[heads.id].shape != heads.shape)
    heads.id = unshaped(editor, heads.id);
  return heads;
}

ValueId add_reshape(GraphEditor& editor, ValueId x, const Shape& to, std::string_view stem) {
  const Shape& from = *editor.graph()[x].shape;
  if (from == to || (from.rank() == to.rank() && !to.is_static())) return x;
  // By sizes, or by which axes come or go.
  const int64_t first = 0;
  const std::span<const int64_t> numbers =
      to.is_static() ? std::span<const int64_t>(to.dims) : std::span(&first, 1);
  const ValueId list = editor.add_constant("shape", Tensor::of<int64_t>({std::ssize(numbers)}, numbers));
  const Name op = to.is_static() ? kReshape : to.rank() == 3 ? kSqueeze : kUnsqueeze;
  return editor.add_node(op, {x, list}, stem, to).outputs[0];
}

ValueId add_heads(GraphEditor& editor, const Heads& heads, std::string_view stem, bool& by_rows) {
  const ValueId x = add_reshape(editor, heads.id, heads.shape, stem);
  by_rows = heads.order == Order{0, 2, 1, 3};
  if (by_rows || heads.order == Order{0, 1, 2, 3}) return x;
  Shape to;
  for (int axis : heads.order) to.dims.push_back(heads.shape[axis]);
  Node& transpose = editor.add_node(kTranspose, {x}, stem, to);
  transpose.attrs.set("perm", std::vector<int64_t>(heads.order.begin(), heads.order.end()));
  return transpose.outputs[0];
}

ValueId joined_by_rows(const GraphEditor& editor, ValueId y, const Shape& shape) {
  const Graph& graph = editor.graph();
  ValueId id = y;
  for (uint32_t n = 0;
       (n = editor.uses().only_consumer(id)) != Uses::kNone && is_reshaped(graph, graph.nodes[n]);)
    id = graph.nodes[n].outputs[0];
  const ValueId transposed = only_reader(editor, id, kTranspose);
  if (transposed == kNoValue) return kNoValue;
  const int rank = rank_of(graph, id);
  const Dims permutation = permutation_of(graph.nodes[editor.uses().producer[transposed]], rank);
  const Dims by_rows = rank == 3 ? Dims{1, 0, 2} : Dims{0, 2, 1, 3};
  if (id == y && permutation == by_rows && of_four_axes(*graph[y].shape) == shape) return transposed;
  Dims axes;
  if (!match_axes(shape, *graph[id].shape, axes)) return kNoValue;
  // Which axis of `shape` stands where, of those that are not 1.
  const Dims mine = axes_not_one(shape);
  Dims order, wanted;
  for (int64_t from : permutation)
    if (const auto* const found = std::ranges::find(axes, from); found != axes.end())
      order.push_back(mine[found - axes.begin()]);
  for (int axis : {0, 2, 1, 3})
    if (shape[axis] != 1) wanted.push_back(axis);
  return order == wanted ? transposed : kNoValue;
}

}  // namespace octavo
