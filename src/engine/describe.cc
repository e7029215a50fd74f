#include <algorithm>

#include "engine/engine.h"
#include "graph/op_def.h"
#include "graph/qdq.h"

namespace octavo {

namespace {

// The constant behind input i that the node computes with, or null: scales and zero points of Q and DQ are no
// parameters, and neither are integers that only shape.
const Tensor* parameter(const Graph& graph, const Node& node, std::size_t i) {
  const Tensor* constant = is_qdq(node) && i > 0 ? nullptr : graph.constant_input(node, i);
  return constant && constant->dtype() != DType::s64 ? constant : nullptr;
}

// Elements; what several nodes read counts once.
int64_t count_parameters(const Graph& graph) {
  Flags counted(graph.values.size());
  int64_t parameters = 0;
  for (const Node& node : graph.nodes) {
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const Tensor* constant = parameter(graph, node, i);
      if (constant == nullptr || counted[node.inputs[i]]) continue;
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
  description.parameters = count_parameters(graph);
  description.tensor_bytes = model_.tensor_bytes;
  description.macs = count_macs(graph, kernels_);
  for (const Node& node : graph.nodes) count_operator(description, node.op->name);
  description.metadata = model_.metadata_props;
  description.scheme = quantization_scheme(graph);
  if (description.scheme != "none") {
    description.islands = lowered().islands;
    description.applied = applied_;
    description.float_nodes = static_cast<int>(description.islands.size());
    description.integer_nodes = lowered().integer_nodes;
  }
  return description;
}

std::vector<LayerInfo> Model::layers() const {
  const Graph& graph = model_.graph;
  const bool is_float = quantization_scheme(graph) == "none";
  const QuantizationPlan by_run = is_float ? plan_dynamic(graph, {}) : QuantizationPlan{},
                         beforehand = is_float ? plan_static(graph, {}) : QuantizationPlan{};
  std::vector<LayerInfo> layers;
  layers.reserve(graph.nodes.size());
  for (uint32_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    LayerInfo& layer = layers.emplace_back(node);
    for (uint32_t i = 0; i < node.inputs.size(); ++i) {
      if (const Tensor* constant = parameter(graph, node, i))
        layer.parameters += constant->shape().elements();
      if (by_run.operands.contains({n, i}))
        layer.quantizes = node.op->quant.result == ResultRole::untouched ? "dynamic only" : "dynamic";
      else if (layer.quantizes.empty() && node.op->quant.is_quantizable() &&
               beforehand.values.contains(node.inputs[i]))
        layer.quantizes = "static";
    }
  }
  return layers;
}

void Model::set_metadata(std::string key, std::string value) {
  std::erase_if(model_.metadata_props, [&](const auto& entry) { return entry.first == key; });
  model_.metadata_props.emplace_back(std::move(key), std::move(value));
}

}  // namespace octavo
