#include "onnx/upgrade.h"

#include <algorithm>

#include "base/error.h"
#include "graph/op_def.h"

namespace octavo::onnx {

constinit const RegisterUpgrades* RegisterUpgrades::first_ = nullptr;

const Upgrade* find_upgrade(std::string_view op) {
  for (const RegisterUpgrades* table = RegisterUpgrades::first_; table != nullptr; table = table->next_)
    if (const auto row = std::ranges::find(table->rows_, op, &Upgrade::op); row != table->rows_.end())
      return &*row;
  return nullptr;
}

std::vector<const Upgrade*> all_upgrades() {
  std::vector<const Upgrade*> rows;
  for (const RegisterUpgrades* table = RegisterUpgrades::first_; table != nullptr; table = table->next_)
    for (const Upgrade& row : table->rows_) rows.push_back(&row);
  return rows;
}

void trim(std::vector<ValueId>& ids) {
  while (!ids.empty() && ids.back() == kNoValue) ids.pop_back();
}

void upgrade(Draft& draft, DraftNode& node) {
  if (const Upgrade* row = find_upgrade(node.op_type)) row->upgrade(draft, node);
  trim(node.node.inputs);
  trim(node.node.outputs);
}

ValueId Draft::add_value(std::string_view stem, std::optional<DType> dtype) {
  return graph.add_value({{dtype}, value_names.take_unique(stem)});
}

ValueId Draft::add_constant(std::string_view stem, Tensor tensor) {
  return graph.add_constant(value_names.take_unique(stem), std::move(tensor));
}

void Draft::push(Node node) {
  if (node.op->converts && !node.outputs.empty() && node.outputs[0] != kNoValue &&
      !graph[node.outputs[0]].shape)
    graph[node.outputs[0]].shape = graph[node.inputs[0]].shape;
  node.attrs.put_in_order(node.op->attributes);
  graph.nodes.push_back(std::move(node));
}

void Draft::add_node(Name op, std::string_view stem, ValueList inputs, ValueId output, Attrs attrs) {
  Node node;
  node.op = &get_op(op);
  node.name = node_names.take_unique(text("{}_{}", stem, op));
  node.attrs = std::move(attrs);
  node.inputs.assign(inputs.begin(), inputs.end());
  trim(node.inputs);
  node.outputs = {output};
  check_inputs(node);
  push(std::move(node));
}

void Draft::add_node(Name op, std::string_view stem, ValueList inputs, ValueId output) {
  add_node(op, stem, inputs, output, {});
}

ValueId Draft::add_node(Name op, std::string_view stem, ValueList inputs, Attrs attrs) {
  const ValueId output = add_value(text("{}_{}", stem, op));
  add_node(op, stem, inputs, output, std::move(attrs));
  return output;
}

ValueId Draft::add_node(Name op, std::string_view stem, ValueList inputs) {
  return add_node(op, stem, inputs, Attrs());
}

ConstantTensor to_tensor(const AttrValue& value) {
  const auto share = [](Tensor tensor) { return std::make_shared<const Tensor>(std::move(tensor)); };
  const auto list = [&]<class T>(const std::vector<T>& items) {
    return share(Tensor::of<T>({static_cast<int64_t>(items.size())}, std::span<const T>(items)));
  };
  if (const auto* tensor = std::get_if<ConstantTensor>(&value)) return *tensor;
  if (const auto* number = std::get_if<int64_t>(&value)) return share(Tensor::scalar(*number));
  if (const auto* number = std::get_if<float>(&value)) return share(Tensor::scalar(*number));
  if (const auto* numbers = std::get_if<std::vector<int64_t>>(&value)) return list(*numbers);
  if (const auto* numbers = std::get_if<std::vector<float>>(&value)) return list(*numbers);
  fail(ErrorCode::unsupported, "strings are not supported");
}

void move_attr_to_input(Draft& draft, DraftNode& draft_node, Name name, std::size_t slot, int64_t since) {
  Node& node = draft_node.node;
  const auto attr = std::ranges::find(node.attrs, std::string_view(name),
                                      [](const auto& entry) { return std::string_view(entry.first); });
  const bool has_attr = attr != node.attrs.end();
  if (draft.opset >= since) {
    require(!has_attr, ErrorCode::invalid_graph, "has the attribute '{}', which is an input since opset {}",
            name, since);
    return;
  }
  require(!node.has_input(slot), ErrorCode::invalid_graph,
          "has {} inputs, but '{}' is an attribute before opset {}", node.inputs.size(), name, since);
  if (!has_attr) return;
  if (node.inputs.size() <= slot) node.inputs.resize(slot + 1, kNoValue);
  node.inputs[slot] = draft.graph.add_constant(draft.value_names.take_unique(text("{}_{}", node.name, name)),
                                               to_tensor(attr->second));
  node.attrs.erase(name);
}

ConstantTensor constant_value(const Attrs& attrs) {
  for (const auto& [name, value] : attrs)
    if (name.starts_with("value")) return to_tensor(value);
  fail(ErrorCode::invalid_graph, "has no value");
}

}  // namespace octavo::onnx
