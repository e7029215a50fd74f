#include "passes/float_islands.h"

#include "graph/op_def.h"
#include "graph/qdq.h"

namespace octavo {

void Obstacles::add(std::string_view node, std::string_view reason) {
  if (numbers_.emplace(node, static_cast<int>(reasons_.size())).second) reasons_.emplace_back(reason);
}

const std::string* Obstacles::find(std::string_view node) const {
  const auto known = numbers_.find(node);
  return known == numbers_.end() ? nullptr : &reasons_[known->second];
}

std::vector<FloatIsland> find_islands(const Graph& graph, const Obstacles& obstacles) {
  std::vector<FloatIsland> islands;
  for (const Node& node : graph.nodes) {
    const bool carries = is_qdq(node) || node.op->is_own() || node.op->quant.result == ResultRole::moved;
    if (carries || graph[node.outputs[0]].dtype.value_or(DType::f32) != DType::f32) continue;
    const std::string* const known = obstacles.find(node.name);
    const std::string_view reason = known != nullptr ? std::string_view(*known)
                                    : node.op->quant.is_quantizable()
                                        ? "its inputs or its output are not quantized"
                                        : "it has no integer form";
    islands.push_back({node.name, std::string(node.op->name), std::string(reason)});
  }
  return islands;
}

}  // namespace octavo
