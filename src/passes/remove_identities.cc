// Identity(x) → x, and Dropout(x) too where nobody reads its mask.
#include "graph/op_def.h"
#include "graph/rewriter.h"
#include "passes/passes.h"

namespace octavo {

int remove_identities(Graph& graph) {
  Uses uses(graph);
  int removed = 0;
  for (Node& node : graph.nodes) {
    const bool masks = node.outputs.size() > 1 && node.outputs[1] != kNoValue &&
                       (uses.is_output[node.outputs[1]] || !uses.consumers[node.outputs[1]].empty());
    if (node.op->name == "Dropout" && !masks) {
      node.op = &get_op("Identity");
      node.outputs.resize(1);
    }
    if (node.op->name != "Identity") continue;
    const ValueId from = node.outputs[0];
    // A graph output keeps its node when there is no other value that could carry its name.
    const ValueId to = node.inputs[0];
    const bool renames = uses.is_output[from];
    if (renames && (uses.is_output[to] || uses.producer[to] == Uses::kNone)) continue;
    replace_uses(graph, uses, from, to);
    node.inputs[0] = to;
    ++removed;
  }
  if (removed > 0) remove_dead(graph);
  return removed;
}

}  // namespace octavo
