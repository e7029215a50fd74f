// Q(x), Q(x) of one meaning → one, so that whoever computes x has one reader. Other tools quantize a value once for each
// of its readers.
#include <algorithm>
#include <map>

#include "graph/qdq.h"
#include "graph/rewriter.h"
#include "passes/passes.h"

namespace octavo {

namespace {

// Of one value. A hostile file has as many as nodes, and each would be compared with all.
constexpr int kMostKinds = 16;

}  // namespace

int merge_quantize(Graph& graph) {
  std::multimap<ValueId, const Node*> quantized;  // by x
  std::vector<Redirection> redirections;
  const auto is_same = [&](const Node& a, const Node& b) {
    const auto p = read_qparams(graph, a), q = read_qparams(graph, b);
    return p && p == q && graph[a.outputs[0]].dtype == graph[b.outputs[0]].dtype;
  };
  const Uses uses(graph);
  for (const Node& node : graph.nodes) {
    if (!is_quantize(node) || !graph.knows_types(node) || uses.is_output[node.outputs[0]]) continue;
    const auto [first, last] = quantized.equal_range(node.inputs[0]);
    const auto same =
        std::find_if(first, last, [&](const auto& entry) { return is_same(*entry.second, node); });
    if (same != last)
      redirections.push_back({node.outputs[0], same->second->outputs[0]});
    else if (std::distance(first, last) < kMostKinds)
      quantized.emplace(node.inputs[0], &node);
  }
  if (redirections.empty()) return 0;
  redirect(graph, redirections);
  remove_dead(graph);
  return static_cast<int>(redirections.size());
}

}  // namespace octavo
