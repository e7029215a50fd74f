// Questions about the weights of a node, asked by quantization rules.
#pragma once

#include "graph/graph.h"

namespace octavo {

// True when the value is a constant, or dequantized from one: weights of a float and of a QDQ graph.
bool is_weight(const Graph& graph, ValueId value);

// True when input `i` of the node is present and is_weight.
inline bool has_weight(const Graph& graph, const Node& node, std::size_t i) {
  return node.has_input(i) && is_weight(graph, node.inputs[i]);
}

}  // namespace octavo
