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
    const bool sees_windows = node.op->quant.rows == ProductRows::windows;
    const ValueId x = node.inputs[0];
    const int64_t id = ids.of(plan.graph, operand);
    if (!products.insert(id).second) continue;
    const std::string name = observed[node.inputs[operand.input]].name + "_products";
    std::vector<ValueId> inputs{x};
    if (sees_windows) inputs.push_back(node.inputs[operand.input]);
    Node observe = make_node(observed, get_op(sees_windows ? "octavo.ObserveWindows" : "octavo.Inspect"),
                             name, inputs, observed[x]);
    if (sees_windows) observe.attrs = node.attrs;
    observe.lowered.observed = id;
    observers.push_back(std::move(observe));
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
