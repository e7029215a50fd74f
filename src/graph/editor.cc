#include "graph/editor.h"

#include <algorithm>

#include "graph/rewriter.h"

namespace octavo {

void GraphEditor::replace_uses(ValueId from, ValueId to) { octavo::replace_uses(graph_, uses_, from, to); }

void GraphEditor::read(uint32_t n, const std::vector<ValueId>& inputs) {
  for (ValueId id : inputs)
    if (id != kNoValue) uses_.consumers[id].push_back(n);
}

void GraphEditor::become(uint32_t n, const OpDef& op, Attrs attrs, std::vector<ValueId> inputs) {
  Node& node = graph_.nodes[n];
  for (ValueId id : node.inputs)
    if (id != kNoValue) std::erase(uses_.consumers[id], n);
  read(n, inputs);
  node.op = &op;
  node.attrs = std::move(attrs);
  node.inputs = std::move(inputs);
}

ValueId GraphEditor::add_node(const OpDef& op, Attrs attrs, std::vector<ValueId> inputs,
                              std::string_view stem, DType dtype, std::optional<Shape> shape) {
  const auto n = static_cast<uint32_t>(graph_.nodes.size());
  Node node;
  node.op = &op;
  node.name = graph_.unique_value_name(stem);
  node.attrs = std::move(attrs);
  const ValueId output = graph_.add_value({.name = node.name, .dtype = dtype, .shape = std::move(shape)});
  node.outputs = {output};
  uses_.producer.push_back(n);
  uses_.consumers.emplace_back();
  uses_.is_output.resize(graph_.values.size());
  read(n, inputs);
  node.inputs = std::move(inputs);
  graph_.nodes.push_back(std::move(node));
  has_new_nodes_ = true;
  return output;
}

void GraphEditor::finish() {
  if (has_new_nodes_) sort_nodes(graph_);
  remove_dead(graph_);
}

}  // namespace octavo
