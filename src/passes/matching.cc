#include "passes/matching.h"

#include "graph/op_def.h"

namespace octavo {

std::optional<double> number_of(const Graph& graph, ValueId id) {
  const Tensor* const constant = id == kNoValue ? nullptr : graph[id].constant.get();
  if (constant == nullptr || constant->dtype() != DType::f32 || constant->shape().elements() != 1)
    return std::nullopt;
  return constant->span<float>()[0];
}

bool is_number(const Graph& graph, ValueId id, double number) {
  const auto found = number_of(graph, id);
  return found && near(*found, number);
}

int rank_of(const Graph& graph, ValueId id) { return graph[id].shape ? graph[id].shape->rank() : -1; }

ValueId other_input(const Node& node, ValueId id) {
  if (node.inputs[0] == id) return node.inputs[1];
  return node.inputs[1] == id ? node.inputs[0] : kNoValue;
}

ValueId only_reader(const GraphEditor& editor, ValueId id, Name op) {
  const uint32_t n = editor.uses().only_consumer(id);
  if (n == Uses::kNone) return kNoValue;
  const Node& reader = editor.graph().nodes[n];
  return reader.op->name == op && editor.graph().knows_types(reader) ? reader.outputs[0] : kNoValue;
}

}  // namespace octavo
