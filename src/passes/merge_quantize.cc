// Q(x), Q(x) of one meaning → one, so that whoever computes x has one reader. Other tools quantize a value once for
// each of its readers.
#include "graph/qdq.h"
#include "graph/rewriter.h"
#include "passes/passes.h"

namespace octavo {

namespace {

// Of one value. A hostile file has as many as nodes, and each would be compared with all.
constexpr int kMostKinds = 16;

// A node that is left, by x.
struct Quantized {
  ValueId output = kNoValue;
  uint32_t before = 0;  // another of the same x; 0: none
  QParams qparams;
};

}  // namespace

int merge_quantize(Graph& graph) {
  std::vector<Quantized> quantized(1);
  std::vector<uint32_t> last(graph.values.size());  // by x: its latest
  std::vector<Redirection> redirections;
  const Uses uses(graph);
  for (const Node& node : graph.nodes) {
    const ValueId output = node.outputs[0];
    if (!is_quantize(node) || !graph.knows_types(node) || uses.is_output[output]) continue;
    auto qparams = read_qparams(graph, node);
    if (!qparams) continue;
    uint32_t same = last[node.inputs[0]];
    int kinds = 0;
    for (; same != 0; same = quantized[same].before, ++kinds)
      if (quantized[same].qparams == *qparams && graph[quantized[same].output].dtype == graph[output].dtype)
        break;
    if (same != 0) {
      redirections.push_back({output, quantized[same].output});
    } else if (kinds < kMostKinds) {
      quantized.push_back({output, last[node.inputs[0]], std::move(*qparams)});
      last[node.inputs[0]] = static_cast<uint32_t>(quantized.size() - 1);
    }
  }
  if (redirections.empty()) return 0;
  redirect(graph, redirections);
  remove_dead(graph);
  return static_cast<int>(redirections.size());
}

}  // namespace octavo
