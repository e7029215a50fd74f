#include "quant/quantization_plan.h"

#include <algorithm>

#include "graph/op_def.h"
#include "graph/rewriter.h"

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
  redirect(observed, redirections);
  std::ranges::move(observers, std::back_inserter(observed.nodes));
  sort_nodes(observed);
  return observed;
}

}  // namespace octavo
