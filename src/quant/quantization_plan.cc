#include "quant/quantization_plan.h"

#include <algorithm>
#include <set>

#include "graph/op_def.h"
#include "graph/rewriter.h"
#include "quant/products.h"

namespace octavo {

Graph observed_graph(const QuantizationPlan& plan) {
  Graph observed = plan.graph;
  std::vector<Node> observers;
  std::vector<Redirection> redirections;
  for (const auto& [value, spec] : plan.values) {
    if (plan.observed(value) != value) continue;
    const std::string name = observed[value].name + "_observed";
    Node observe = make_node(observed, get_op("octavo.Observe"), name, {value}, observed[value]);
    observe.lowered.observed = value;
    redirections.push_back({value, observe.outputs[0]});
    observers.push_back(std::move(observe));
  }
  const ProductIds ids(plan.graph);
  std::set<int64_t> products;
  for (const auto& [operand, spec] : plan.operands) {
    if (!spec.observes_products()) continue;
    const Node& node = plan.graph.nodes[operand.node];
    const int64_t id = ids.of(plan.graph, operand);
    if (!products.insert(id).second) continue;
    const bool sees_windows = node.op->quant.rows == ProductRows::windows;
    const std::string name = observed[node.inputs[operand.input]].name + "_products";
    const auto observe = [&](std::string_view op, std::vector<ValueId> inputs) {
      Node made = make_node(observed, get_op(op), name, inputs, observed[inputs[0]]);
      if (sees_windows) made.attrs = node.attrs;
      made.lowered.observed = id;
      observers.push_back(std::move(made));
    };
    if (sees_windows) {
      observe("octavo.ObserveWindows", {node.inputs[0], node.inputs[operand.input]});
    } else if (sees_states(node, operand.input)) {
      if (node.has_input(5)) observe("octavo.Inspect", {node.inputs[5]});
      ValueId& states = observed.nodes[operand.node].outputs[0];
      if (states == kNoValue)
        states = observed.add_value({{DType::f32}, observed.unique_value_name(node.name + "_states")});
      observe("octavo.Inspect", {states});
    } else {
      observe("octavo.Inspect", {node.inputs[0]});
    }
  }
  for (const auto& [value, spec] : plan.values) {
    if (spec.channels == ObservedChannels::none || plan.observed(value) != value) continue;
    Node observe = make_node(observed, get_op("octavo.Inspect"), observed[value].name + "_channels", {value},
                             observed[value]);
    observe.lowered.observed = ids.channels(value);
    observers.push_back(std::move(observe));
  }
  redirect(observed, redirections);
  std::ranges::move(observers, std::back_inserter(observed.nodes));
  sort_nodes(observed);
  return observed;
}

}  // namespace octavo
