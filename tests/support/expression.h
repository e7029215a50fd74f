// Graphs as expressions, to write down what a rewrite takes and what it gives:
//
//   "Div(Mul(x, Clip(Add(x, 3), 0, 6)), 6)"
//
// A number is a float32 constant of rank 0, `name: 1.5` behind the inputs a float attribute, `name: 1i` an integer one;
// any other name is an input of the graph.
#pragma once

#include <string>
#include <string_view>

#include "support/graph_builder.h"

namespace octavo::test {

// Adds the expression's nodes, and an input of that shape for each name that is new.
ValueId add_expression(GraphBuilder& b, std::string_view expression, const Shape& shape);

// What computes a value. Constants of more than one element are shown by type and shape, those of one and another rank
// with their rank: 3{4}.
std::string expression(const Graph& graph, ValueId id);
// Of all outputs of a graph, with commas.
std::string expression(const Graph& graph);

}  // namespace octavo::test
