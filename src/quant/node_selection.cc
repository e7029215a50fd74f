#include "quant/node_selection.h"

#include <algorithm>

#include "base/error.h"
#include "graph/op_def.h"
#include "graph/qdq.h"

namespace octavo {

NodeSelection::NodeSelection(const Graph& graph, const QuantizeOptions& options,
                             bool (*by_default)(const OpDef&))
    : graph_(graph),
      op_types_(options.op_types.begin(), options.op_types.end()),
      by_default_(by_default),
      excluded_(options.exclude.begin(), options.exclude.end()),
      only_(options.only) {
  require(options.weight_bits >= 2 && options.weight_bits <= 8, ErrorCode::invalid_option,
          "option 'weightBits', or 'bits', is a number from 2 to 8");
  for (const Node& node : graph.nodes)
    require(!is_qdq(node), ErrorCode::unsupported, "the model is quantized already: node '{}' is a {}",
            node.name, node.op->name);
  for (std::string_view name : op_types_) {
    const OpDef* op = find_op(name);
    require(op != nullptr, ErrorCode::invalid_option, "unknown operator '{}'", name);
    require(op->quant.is_quantizable(), ErrorCode::invalid_option, "operator '{}' has no integer form", name);
  }
  std::set<std::string_view> unknown = excluded_;
  unknown.insert(only_.begin(), only_.end());
  for (const Node& node : graph.nodes) unknown.erase(node.name);
  require(unknown.empty(), ErrorCode::invalid_option, "unknown node '{}'",
          unknown.empty() ? "" : *unknown.begin());
}

bool NodeSelection::contains(const Node& node) const {
  const QuantRule& rule = node.op->quant;
  if (!rule.is_quantizable() || excludes(node) || !graph_.knows_types(node)) return false;
  if (!only_.empty() && std::ranges::find(only_, node.name) == only_.end()) return false;
  if (op_types_.empty() ? by_default_ && !by_default_(*node.op) : !op_types_.contains(node.op->name))
    return false;
  // Weights and bias are packed beforehand.
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const OperandRole role = rule.role(i);
    const bool is_packed = role == OperandRole::weight || role == OperandRole::bias;
    if (is_packed && node.has_input(i) && !graph_[node.inputs[i]].is_constant()) return false;
  }
  return rule.obstacle == nullptr || rule.obstacle(graph_, node).empty();
}

}  // namespace octavo
