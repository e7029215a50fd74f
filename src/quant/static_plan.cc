#include "quant/static_plan.h"

#include <algorithm>
#include <cmath>

#include "graph/op_def.h"
#include "graph/rewriter.h"
#include "passes/clamp_range.h"
#include "quant/node_selection.h"
#include "quant/qdq.h"
#include "quant/value_range.h"

namespace octavo {

namespace {

class StaticPlanner {
 public:
  StaticPlanner(const Graph& graph, const StaticOptions& options)
      : graph_(graph), uses_(graph), selection_(graph, options), range_of_(graph.values.size(), kNoValue) {
    plan_.options = options;
  }

  StaticPlan plan() {
    for (uint32_t n = 0; n < graph_.nodes.size(); ++n)
      if (selection_.contains(graph_.nodes[n])) mark(n);
    // Nodes are in topological order, so qparams travel down whole chains.
    for (const Node& node : graph_.nodes)
      if (selection_.contains(node)) pass_on(node);
    for (ValueId id = 0; id < graph_.values.size(); ++id)
      if (range_of_[id] != kNoValue) plan_.activations.push_back({id, range_of_[id]});
    plan_.graph = graph_;
    plan_.observed = with_observers();
    return std::move(plan_);
  }

 private:
  bool is_float(ValueId id) const { return is_float_activation(graph_, id); }

  // Notes what a selected node needs quantized.
  void mark(uint32_t n) {
    const Node& node = graph_.nodes[n];
    if (!is_float(node.outputs[0])) return;
    switch (node.op->quant.role) {
      case QuantRole::weighted:
        if (!has_float_weights(graph_, node)) return;
        quantize(node.inputs[0]);
        plan_.weighted.push_back(n);
        break;
      case QuantRole::arithmetic:
        if (!has_quantizable_inputs(node)) return;
        for (ValueId id : node.inputs)
          if (is_float(id)) quantize(id);
        plan_.arithmetic.push_back(n);
        break;
      case QuantRole::clamp:
        if (is_part_of_producer(node)) return;
        [[fallthrough]];
      case QuantRole::lookup:
        if (!is_float(node.inputs[0])) return;
        quantize(node.inputs[0]);
        break;
      case QuantRole::same_qparams:
      case QuantRole::none: return;
    }
    const Node* clamp = clamp_of(n);
    quantize(clamp ? clamp->outputs[0] : node.outputs[0]);
  }

  void quantize(ValueId id) { range_of_[id] = id; }

  // Every input is a float32 activation or a finite float32 constant, and one at least is an activation.
  bool has_quantizable_inputs(const Node& node) const {
    const auto is_quantizable = [&](ValueId id) {
      if (!is_float_constant(graph_, id)) return is_float(id);
      const ValueRange range = find_range(graph_[id].constant->span<float>());
      return std::isfinite(range.min) && std::isfinite(range.max);
    };
    return std::ranges::all_of(node.inputs, is_quantizable) &&
           std::ranges::any_of(node.inputs, [&](ValueId id) { return is_float(id); });
  }

  static bool takes_clamp(const Node& node) {
    return node.op->quant.role == QuantRole::weighted || node.op->quant.role == QuantRole::arithmetic;
  }

  // The clamp that belongs to node n, or null.
  const Node* clamp_of(uint32_t n) const {
    const Node& node = graph_.nodes[n];
    const uint32_t consumer = uses_.only_consumer(node.outputs[0]);
    if (consumer == Uses::kNone || !takes_clamp(node)) return nullptr;
    const Node& clamp = graph_.nodes[consumer];
    const bool belongs =
        clamp.inputs[0] == node.outputs[0] && clamp_range(graph_, clamp) && !selection_.excludes(clamp);
    return belongs ? &clamp : nullptr;
  }

  // True for a clamp that belongs to a node which is quantized.
  bool is_part_of_producer(const Node& clamp) const {
    const uint32_t producer = uses_.producer[clamp.inputs[0]];
    if (producer == Uses::kNone || clamp_of(producer) != &clamp) return false;
    return std::ranges::binary_search(plan_.weighted, producer) ||
           std::ranges::binary_search(plan_.arithmetic, producer);
  }

  void pass_on(const Node& node) {
    if (node.op->quant.role != QuantRole::same_qparams) return;
    const ValueId from = node.inputs[0], to = node.outputs[0];
    if (is_float(from) && is_float(to) && range_of_[from] != kNoValue) range_of_[to] = range_of_[from];
  }

  Graph with_observers() const {
    Graph observed = graph_;
    std::vector<Node> observers;
    std::vector<Redirection> redirections;
    for (const auto& [value, range_of] : plan_.activations) {
      if (value != range_of) continue;
      const std::string name = observed[value].name + "_observed";
      Node observe = make_node(observed, "octavo.Observe", name, {value}, DType::f32, observed[value].shape);
      observe.lowered.observed = value;
      redirections.push_back({value, observe.outputs[0]});
      observers.push_back(std::move(observe));
    }
    redirect(observed, redirections);
    std::ranges::move(observers, std::back_inserter(observed.nodes));
    sort_nodes(observed);
    return observed;
  }

  const Graph& graph_;
  Uses uses_;
  NodeSelection selection_;
  StaticPlan plan_;
  std::vector<ValueId> range_of_;  // by value: whose range it is quantized with, kNoValue: not at all
};

}  // namespace

StaticPlan prepare_static(const Graph& graph, const StaticOptions& options) {
  make_observer(options.observer);
  return StaticPlanner(graph, options).plan();
}

}  // namespace octavo
