// op(x) → x, where the operator only passes its input on: Identity, Dropout where nobody reads its mask, a Concat of x
// alone, a Cast to the type that x has, and Cast(Cast(x)) back to it, where the type between has all of its numbers.
#include "graph/editor.h"
#include "graph/op_def.h"
#include "ops/elements.h"
#include "passes/passes.h"

namespace octavo {

namespace {

// Whether every number of `narrow` is one of `wide`.
bool holds(DType wide, DType narrow) {
  if (narrow == DType::boolean) return true;
  if (is_float(narrow)) return is_float(wide) && wide != DType::f16 && size_of(wide) > size_of(narrow);
  const auto is_signed = [](DType dtype) {
    return Types<int8_t, int16_t, int32_t, int64_t>::contains(dtype);
  };
  if (is_float(wide)) return size_of(wide) > size_of(narrow) && wide != DType::f16 && wide != DType::bf16;
  if (wide == DType::boolean || (is_signed(narrow) && !is_signed(wide))) return false;
  return size_of(wide) > size_of(narrow);
}

// The value that a node passes on, or kNoValue.
ValueId passed_on(const GraphEditor& editor, const Node& node) {
  const Graph& graph = editor.graph();
  if (node.op->passes_on) return node.outputs.size() == 1 ? node.inputs[0] : kNoValue;
  if (node.op->layout == LayoutRule::joining && node.inputs.size() == 1) return node.inputs[0];
  if (!node.op->converts) return kNoValue;
  const auto wanted = graph[node.outputs[0]].dtype, given = graph[node.inputs[0]].dtype;
  if (!wanted || !given) return kNoValue;
  if (wanted == given) return node.inputs[0];
  const Node* const before = editor.producer(node.inputs[0]);
  const bool is_pair = before != nullptr && before->op->converts && graph[before->inputs[0]].dtype == wanted;
  return is_pair && holds(*given, *wanted) ? before->inputs[0] : kNoValue;
}

}  // namespace

int remove_identities(Graph& graph) {
  GraphEditor editor(graph);
  int removed = 0;
  for (const Node& node : graph.nodes) {
    const ValueId from = node.outputs[0], to = passed_on(editor, node);
    if (to == kNoValue) continue;
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
