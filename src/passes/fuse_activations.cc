// Clip(op(x)) → op(x) that clamps, where it can.
#include "graph/op_def.h"
#include "graph/rewriter.h"
#include "passes/passes.h"

namespace octavo {

int fuse_activations(Graph& graph) {
  const Uses uses(graph);
  int fused = 0;
  for (Node& node : graph.nodes) {
    if (!node.op->clamps_output || node.lowered.clamp != Clamp{}) continue;
    const uint32_t n = uses.only_consumer(node.outputs[0]);
    if (n == Uses::kNone) continue;
    Node& clamp = graph.nodes[n];
    const auto range = clamp_of(graph, clamp);
    if (!range || clamp.inputs[0] != node.outputs[0]) continue;
    node.lowered.clamp = *range;
    std::swap(node.outputs[0], clamp.outputs[0]);
    clamp.inputs = {node.inputs[0]};
    ++fused;
  }
  if (fused > 0) remove_dead(graph);
  return fused;
}

}  // namespace octavo
