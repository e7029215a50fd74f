#include "passes/float_islands.h"

#include "graph/op_def.h"
#include "graph/qdq.h"

namespace octavo {

std::vector<FloatIsland> find_islands(const Graph& graph, const Obstacles& obstacles) {
  std::vector<FloatIsland> islands;
  for (const Node& node : graph.nodes) {
    const bool carries = is_qdq(node) || node.op->is_own() || node.op->quant.result == ResultRole::moved;
    if (carries || graph[node.outputs[0]].dtype.value_or(DType::f32) != DType::f32) continue;
    const auto known = obstacles.find(node.name);
    const bool has_form = node.op->quant.is_quantizable();
    islands.push_back({node.name, std::string(node.op->name),
                       known != obstacles.end() ? known->second
                       : has_form               ? "its inputs or its output are not quantized"
                                                : "it has no integer form"});
  }
  return islands;
}

}  // namespace octavo
