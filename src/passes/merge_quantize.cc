// Q(x), Q(x) of one meaning → one, so that whoever computes x has one reader. Other tools quantize a value once for
// each of its readers.
#include <algorithm>
#include <map>

#include "graph/qdq.h"
#include "graph/rewriter.h"
#include "passes/passes.h"

namespace octavo {

namespace {

// Of one value. A hostile file has as many as nodes, and each would be compared with all.
constexpr int kMostKinds = 16;

struct Quantized {
  ValueId output;
  QParams qparams;
};

}  // namespace

int merge_quantize(Graph& graph) {
  std::multimap<ValueId, Quantized> quantized;  // by x
  std::vector<Redirection> redirections;
  const Uses uses(graph);
  for (const Node& node : graph.nodes) {
    const ValueId output = node.outputs[0];
    if (!is_quantize(node) || !graph.knows_types(node) || uses.is_output[output]) continue;
    auto qparams = read_qparams(graph, node);
    if (!qparams) continue;
    const auto [first, last] = quantized.equal_range(node.inputs[0]);
    const auto same = std::find_if(first, last, [&](const auto& entry) {
      return entry.second.qparams == *qparams && graph[entry.second.output].dtype == graph[output].dtype;
    });
    if (same != last)
      redirections.push_back({output, same->second.output});
    else if (std::distance(first, last) < kMostKinds)
      quantized.emplace(node.inputs[0], Quantized{output, std::move(*qparams)});
  }
  if (redirections.empty()) return 0;
  redirect(graph, redirections);
  remove_dead(graph);
  return static_cast<int>(redirections.size());
}

}  // namespace octavo
