// Identity(x), Dropout(x) → x.
#include "graph/op_def.h"
#include "graph/rewriter.h"
#include "passes/passes.h"

namespace octavo {

int remove_identities(Graph& graph) {
  Uses uses(graph);
  int removed = 0;
  for (Node& node : graph.nodes) {
    if (node.op->name != "Identity" && node.op->name != "Dropout") continue;
    const ValueId from = node.outputs[0];
    // A graph output keeps its node when there is no other value that could carry its name.
    const ValueId to = node.inputs[0];
    const bool renames = uses.is_output[from];
    if (renames && (uses.is_output[to] || uses.producer[to] == Uses::kNone)) continue;
    if (node.outputs.size() > 1 && node.outputs[1] != kNoValue &&
        (uses.is_output[node.outputs[1]] || !uses.consumers[node.outputs[1]].empty()))
      continue;
    replace_uses(graph, uses, from, to);
    node.inputs[0] = to;
    ++removed;
  }
  if (removed > 0) remove_dead(graph);
  return removed;
}

}  // namespace octavo
