#include "ops/weights.h"

#include <algorithm>

#include "graph/op_def.h"

namespace octavo {

bool is_weight(const Graph& graph, ValueId value) {
  if (graph[value].is_constant()) return true;
  const auto makes_value = [&](const Node& node) {
    return std::ranges::find(node.outputs, value) != node.outputs.end();
  };
  const auto producer = std::ranges::find_if(graph.nodes, makes_value);
  return producer != graph.nodes.end() && producer->op->name == "DequantizeLinear" &&
         graph.constant_input(*producer, 0) != nullptr;
}

}  // namespace octavo
