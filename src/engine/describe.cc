#include <algorithm>

#include "engine/engine.h"
#include "graph/op_def.h"
#include "graph/qdq.h"

namespace octavo {

namespace {

std::vector<TensorInfo> tensor_infos(const Graph& graph, const std::vector<ValueId>& ids) {
  std::vector<TensorInfo> infos;
  infos.reserve(ids.size());
  for (ValueId id : ids) infos.push_back({graph[id], graph[id].name, graph[id].dim_names});
  return infos;
}

// Elements of the constants that nodes compute with; scales and zero points of Q and DQ are no parameters, and neither
// are integers that only shape.
int64_t count_parameters(const Graph& graph) {
  Flags counted(graph.values.size());
  int64_t parameters = 0;
  for (const Node& node : graph.nodes) {
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const Tensor* constant = graph.constant_input(node, i);
      if (constant == nullptr || counted[node.inputs[i]] || (is_qdq(node) && i > 0)) continue;
      if (constant->dtype() == DType::s64) continue;
      counted[node.inputs[i]] = true;
      parameters += constant->shape().elements();
    }
  }
  return parameters;
}

void count_operator(Description& description, std::string_view name) {
  const auto known = std::ranges::find(description.operators, name, &std::pair<std::string_view, int>::first);
  if (known != description.operators.end())
    ++known->second;
  else
    description.operators.emplace_back(name, 1);
}

std::string quantization_scheme(const Graph& graph) {
  bool any = false, activations = false;
  for (const Node& node : graph.nodes) {
    if (is_dynamic_quantize(node)) return "dynamic";
    any |= is_qdq(node);
    activations |= is_quantize(node);
  }
  return activations ? "static" : any ? "weight-only" : "none";
}

}  // namespace

Description Model::describe() {
  const Graph& graph = model_.graph;
  Description description;
  description.opset = model_.opset;
  description.ir_version = model_.ir_version;
  description.producer = model_.producer_name;
  description.inputs = tensor_infos(graph, graph.inputs);
  description.outputs = tensor_infos(graph, graph.outputs);
  description.parameters = count_parameters(graph);
  description.macs = count_macs(graph, kernels_);
  for (const Node& node : graph.nodes) count_operator(description, node.op->name);
  description.scheme = quantization_scheme(graph);
  if (description.scheme != "none") {
    description.islands = lowered().islands;
    description.float_nodes = static_cast<int>(description.islands.size());
    description.integer_nodes = lowered().integer_nodes;
  }
  return description;
}

}  // namespace octavo
