#include <algorithm>

#include "engine/engine.h"
#include "graph/op_def.h"
#include "graph/qdq.h"

namespace octavo {

void add_operators(const Graph& graph, std::vector<const OpDef*>& operators) {
  for (const Node& node : graph.nodes) {
    if (std::ranges::find(operators, node.op) == operators.end()) operators.push_back(node.op);
    for (const Subgraph& body : node.subgraphs) add_operators(body.graph, operators);
  }
}

namespace {

// As if each value had been seen with a range of its own: operators that keep the range of an input are there anyway,
// and those that change it are not left out.
Calibrator made_up_ranges(const QuantizationPlan& plan) {
  Calibrator calibrator(plan);
  for (const auto& [id, spec] : plan.values) {
    if (spec.source != RangeSource::observed || plan.observed(id) != id) continue;
    const float wide = 1 + static_cast<float>(id);
    calibrator.observe(id, Tensor::of<float>({2}, {-wide, 2 * wide}).view());
  }
  return calibrator;
}

}  // namespace

void Model::add_needed(std::vector<const OpDef*>& operators) const {
  for (const OpDef* op : read_operators_)
    if (std::ranges::find(operators, op) == operators.end()) operators.push_back(op);
  Graph lowered = model_.graph;
  add_operators(lowered, operators);
  lower(lowered, kernels_);
  add_operators(lowered, operators);
}

std::vector<std::string_view> Model::needed_operators() const {
  std::vector<const OpDef*> operators;
  add_needed(operators);
  const Graph& graph = model_.graph;
  const bool is_float = std::ranges::none_of(graph.nodes, is_qdq);
  // Weights that cannot be quantized (NaN) leave it at the float network.
  if (is_float) try {
      quantize_dynamic({})->add_needed(operators);
      const QuantizationPlan plan = plan_static(graph, {});
      const Calibrator calibrator = made_up_ranges(plan);
      with_graph(model_, insert_qdq(plan, &calibrator), kernels_)->add_needed(operators);
    } catch (const Error&) {
    }
  std::vector<std::string_view> names;
  names.reserve(operators.size());
  for (const OpDef* op : operators) names.push_back(op->name);
  return names;
}

}  // namespace octavo
