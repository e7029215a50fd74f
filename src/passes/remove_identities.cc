// op(x) → x, where the operator only passes its input on: Identity, and Dropout where nobody reads its mask.
#include "graph/editor.h"
#include "graph/op_def.h"
#include "passes/passes.h"

namespace octavo {

int remove_identities(Graph& graph) {
  GraphEditor editor(graph);
  int removed = 0;
  for (const Node& node : graph.nodes) {
    if (!node.op->passes_on || node.outputs.size() > 1) continue;
    const ValueId from = node.outputs[0], to = node.inputs[0];
    // A graph output keeps its node when there is no other value that could carry its name.
    const Uses& uses = editor.uses();
    const bool renames = uses.is_output[from];
    if (renames && (uses.is_output[to] || uses.producer[to] == Uses::kNone)) continue;
    if (!renames && uses.consumers[from].empty()) continue;
    editor.replace_uses(from, to);
    ++removed;
  }
  if (removed > 0) editor.finish();
  return removed;
}

}  // namespace octavo
