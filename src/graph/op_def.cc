#include "graph/op_def.h"

#include <algorithm>

#include "base/error.h"

namespace octavo {

std::optional<std::vector<int64_t>> InferContext::known_ints(std::size_t i) const {
  if (i >= inputs.size() || inputs[i].known == nullptr) return std::nullopt;
  return to_int64(inputs[i].known->view());
}

int64_t InferContext::known_length(std::size_t i) const {
  require(shape(i).rank() <= 1, ErrorCode::invalid_graph, "input {} must be a list, but has shape {}", i,
          shape(i));
  return shape(i).rank() == 0 ? 1 : shape(i)[0];
}

constinit const RegisterOp* RegisterOp::first_ = nullptr;

const OpDef* find_op(std::string_view name) {
  for (const RegisterOp* some = RegisterOp::first_; some != nullptr; some = some->next_)
    for (const OpDef& op : some->defs_)
      if (op.name == name) return &op;
  return nullptr;
}

const OpDef& get_op(std::string_view name) {
  const OpDef* op = find_op(name);
  require(op != nullptr, ErrorCode::unsupported, "operator '{}' is not part of this build", name);
  return *op;
}

std::optional<Clamp> clamp_of(const Graph& graph, const Node& node) {
  if (node.op->quant.clamp == nullptr || !graph.knows_types(node)) return std::nullopt;
  return node.op->quant.clamp(graph, node);
}

bool moves_elements(const Graph& graph, const Node& node) {
  const QuantRule& rule = node.op->quant;
  if (rule.result != ResultRole::moved) return false;
  return rule.obstacle == nullptr || (graph.knows_types(node) && rule.obstacle(graph, node).empty());
}

std::vector<const OpDef*> readable_operators() {
  std::vector<const OpDef*> operators;
  for (const RegisterOp* some = RegisterOp::first_; some != nullptr; some = some->next_)
    for (const OpDef& op : some->defs_)
      if (!op.is_own()) operators.push_back(&op);
  return operators;
}

void check_attributes(const Node& node) {
  for (const auto& [name, value] : node.attrs) {
    const AttrDef* known = find_attribute(node.op->attributes, name);
    if (known == nullptr) {
      std::string names;
      for (const AttrDef& attribute : node.op->attributes)
        names += text("{}{}'", names.empty() ? "'" : ", '", attribute.name);
      fail(ErrorCode::unsupported, "the attribute '{}' is unknown; {}{}", name,
           names.empty() ? "there are none" : "known are ", names);
    }
    require(known->kind == kind_of(value), ErrorCode::invalid_graph, "attribute '{}' has the wrong type",
            name);
  }
}

void check_inputs(const Node& node) {
  const OpDef& op = *node.op;
  const auto inputs = static_cast<int64_t>(node.inputs.size());
  require(inputs >= op.min_inputs, ErrorCode::invalid_graph, "has {} inputs, but needs {}", inputs,
          op.min_inputs);
  require(inputs <= op.max_inputs, ErrorCode::invalid_graph, "has {} inputs, but takes at most {}", inputs,
          op.max_inputs);
  for (int i = 0; i < inputs; ++i)
    require(node.has_input(i) || (i >= op.min_inputs && i < op.first_variadic), ErrorCode::invalid_graph,
            "input {} is left out, but needed", i);
}

}  // namespace octavo
