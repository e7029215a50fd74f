#include "graph/editor.h"

#include <algorithm>
#include <utility>

#include "graph/op_def.h"
#include "graph/rewriter.h"

namespace octavo {

const Node* GraphEditor::producer(ValueId id, Name op) const {
  const Node* const node = producer(id);
  return node && node->op->name == op && graph_.knows_types(*node) ? node : nullptr;
}

void GraphEditor::replace_uses(ValueId from, ValueId to) { octavo::replace_uses(graph_, uses_, from, to); }

void GraphEditor::read(uint32_t n, const std::vector<ValueId>& inputs) {
  for (ValueId id : inputs)
    if (id != kNoValue) uses_.consumers[id].push_back(n);
}

// Node n reads these no more, and neither do nodes that nobody reads then.
void GraphEditor::release(uint32_t n, const std::vector<ValueId>& inputs) {
  std::vector<std::pair<uint32_t, ValueId>> reads;
  const auto add = [&](uint32_t node, const std::vector<ValueId>& ids) {
    for (ValueId id : ids)
      if (id != kNoValue) reads.emplace_back(node, id);
  };
  add(n, inputs);
  while (!reads.empty()) {
    const auto [node, id] = reads.back();
    reads.pop_back();
    if (std::erase(uses_.consumers[id], node) == 0 || !uses_.consumers[id].empty() || uses_.is_output[id])
      continue;
    const uint32_t maker = uses_.producer[id];
    if (maker != Uses::kNone && graph_.nodes[maker].outputs.size() == 1)
      add(maker, graph_.nodes[maker].inputs);
  }
}

Node& GraphEditor::become(uint32_t n, const OpDef& op, ValueList inputs) {
  Node& node = graph_.nodes[n];
  const std::vector<ValueId> before = std::exchange(node.inputs, {inputs.begin(), inputs.end()});
  node.op = &op;
  node.attrs = {};
  release(n, before);
  read(n, node.inputs);
  return node;
}

Node& GraphEditor::become(uint32_t n, Name op, ValueList inputs) { return become(n, get_op(op), inputs); }

Node& GraphEditor::add_node(const OpDef& op, ValueList inputs, std::string_view stem,
                            const TensorType& type) {
  const auto n = static_cast<uint32_t>(graph_.nodes.size());
  Node node = make_node(graph_, op, stem, inputs, type);
  add_uses(n);
  read(n, node.inputs);
  has_new_nodes_ = true;
  return graph_.nodes.emplace_back(std::move(node));
}

Node& GraphEditor::add_node(Name op, ValueList inputs, std::string_view stem, const Shape& shape) {
  return add_node(get_op(op), inputs, stem, {DType::f32, shape});
}

ValueId GraphEditor::add_constant(std::string_view stem, Tensor tensor) {
  add_uses(Uses::kNone);
  return graph_.add_constant(graph_.unique_value_name(stem), std::move(tensor));
}

void GraphEditor::add_uses(uint32_t producer) {
  uses_.producer.push_back(producer);
  uses_.consumers.emplace_back();
  uses_.is_output.resize(uses_.producer.size());
}

void GraphEditor::finish() {
  if (has_new_nodes_) sort_nodes(graph_);
  remove_dead(graph_);
}

}  // namespace octavo
