// Operands of attention as [batch, heads, length, size], seen through what only moves their elements: transposes,
// shapes that group axes in another way, heads that are repeated.
#pragma once

#include <array>

#include "graph/editor.h"

namespace octavo {

// A value's elements under a shape of four axes, of which axis order[i] is axis i of what they stand for.
struct Heads {
  ValueId id;
  Shape shape;
  std::array<int, 4> order = {0, 1, 2, 3};
};

// Whether an operator gives the same elements another shape, and both shapes are known.
bool is_reshaped(const Graph& graph, const Node& node);

// `shape` with a batch of 1 in front where it has three axes.
Shape of_four_axes(const Shape& shape);

// What `heads` is made of. `takes_shared`: also through an Expand of heads, so that it has fewer than it stands for.
Heads seen_through(const GraphEditor& editor, Heads heads, bool takes_shared);

// A value of four axes, [batch, heads, length, size], or, where `by_rows` becomes true, [batch, length, heads, size].
ValueId add_heads(GraphEditor& editor, const Heads& heads, std::string_view stem, bool& by_rows);

// The value, y or what only reads it, that is [batch, length, heads, size], and nothing but y's elements of shape
// [batch, heads, length, size] in that order; kNoValue where none is.
ValueId joined_by_rows(const GraphEditor& editor, ValueId y, const Shape& shape);

// x, of four axes, under another shape, of three or, where it is static, any.
ValueId add_reshape(GraphEditor& editor, ValueId x, const Shape& to, std::string_view stem);

}  // namespace octavo
