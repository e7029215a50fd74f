#include <algorithm>

#include "engine/engine.h"
#include "graph/op_def.h"
#include "graph/qdq.h"

namespace octavo {

namespace {

std::vector<TensorInfo> tensor_infos(const Graph& graph, const std::vector<ValueId>& ids) {
  std::vector<TensorInfo> infos;
  infos.reserve(ids.size());
  for (ValueId id : ids)
    infos.push_back({graph[id].name, graph[id].dtype, graph[id].shape, graph[id].dim_names});
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

bool computes_with_integers(const Graph& graph, const Node& node) {
  if (node.op->name.starts_with(kOwnPrefix)) return true;
  return graph[node.outputs[0]].dtype == DType::u8 && !is_qdq(node);
}

// Multiply-accumulates of a run in which every dynamic dimension is 1.
int64_t macs_of_one(Executor& executor) {
  const Graph& graph = executor.model()->graph;
  std::vector<FeedSpec> specs;
  for (ValueId id : graph.inputs) {
    if (!graph[id].shape) return -1;
    Shape shape = *graph[id].shape;
    std::ranges::replace(shape.dims, kDynamic, int64_t{1});
    specs.push_back({graph[id].dtype, shape, nullptr});
  }
  try {
    return count_macs(*plan(executor.model(), specs));
  } catch (const Error&) {
    return -1;
  }
}

}  // namespace

Description Model::describe() {
  const Graph& graph = model_.graph;
  const CompiledModel& compiled = *executor().model();
  Description description;
  description.opset = model_.opset;
  description.ir_version = model_.ir_version;
  description.producer = model_.producer_name;
  description.inputs = tensor_infos(graph, graph.inputs);
  description.outputs = tensor_infos(graph, graph.outputs);
  description.parameters = count_parameters(graph);
  description.macs = macs_of_one(*executor_);
  for (const Node& node : graph.nodes) count_operator(description, node.op->name);
  description.scheme = quantization_scheme(graph);
  description.islands = islands_;
  description.float_nodes = static_cast<int>(islands_.size());
  for (const Node& node : compiled.graph.nodes)
    description.integer_nodes += computes_with_integers(compiled.graph, node);
  return description;
}

}  // namespace octavo
