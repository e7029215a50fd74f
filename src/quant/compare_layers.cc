#include "quant/compare_layers.h"

#include <map>

#include "graph/op_def.h"
#include "graph/qdq.h"
#include "passes/passes.h"

namespace octavo {

namespace {

// True for a DequantizeLinear that takes the integers for the numbers that the QuantizeLinear made them of.
bool undoes(const Graph& graph, const Node& dequantize, const Node& quantize) {
  if (!is_dequantize(dequantize)) return false;
  const auto made = read_qparams(graph, quantize), read = read_qparams(graph, dequantize);
  return !made || !read || made->same_meaning(*read);
}

// The float values that nodes compute, by name; one that goes through Q → DQ stands for what comes out of it.
std::map<std::string_view, ValueId> comparable_values(const Graph& graph) {
  const Uses uses(graph);
  std::map<std::string_view, ValueId> values;
  for (const Node& node : graph.nodes) {
    const ValueId id = node.outputs[0];
    if (graph[id].dtype != DType::f32 || is_dequantize(node)) continue;
    ValueId stands_for = id;
    for (uint32_t n : uses.consumers[id]) {
      if (!is_quantize(graph.nodes[n])) continue;
      for (uint32_t reader : uses.consumers[graph.nodes[n].outputs[0]])
        if (undoes(graph, graph.nodes[reader], graph.nodes[n])) stands_for = graph.nodes[reader].outputs[0];
    }
    values[graph[id].name] = stands_for;
    if (stands_for != id) values[graph[stands_for].name] = stands_for;
  }
  return values;
}

std::vector<Tensor> run_with_outputs(Graph graph, std::vector<ValueId> outputs, const KernelPolicy& kernels,
                                     std::span<const Feed> feeds) {
  graph.outputs = std::move(outputs);
  lower(graph, kernels);
  Executor executor(compile(std::move(graph), kernels));
  std::vector<Tensor> tensors;
  for (const TensorView& view : executor.run(feeds)) {
    Tensor& copy = tensors.emplace_back(view.dtype, view.shape);
    std::copy_n(view.data, view.bytes(), copy.view().data);
  }
  return tensors;
}

}  // namespace

std::vector<LayerComparison> compare_layers(const Graph& reference, const Graph& quantized,
                                            const KernelPolicy& kernels, std::span<const Feed> feeds) {
  const auto values = comparable_values(quantized);
  std::vector<LayerComparison> layers;
  std::vector<ValueId> reference_outputs, quantized_outputs;
  for (const Node& node : reference.nodes) {
    const ValueId id = node.outputs[0];
    const auto found = values.find(reference[id].name);
    if (reference[id].dtype != DType::f32 || found == values.end()) continue;
    layers.push_back({reference[id].name, std::string(node.op->name), {}});
    reference_outputs.push_back(id);
    quantized_outputs.push_back(found->second);
  }
  const auto expected = run_with_outputs(reference, std::move(reference_outputs), kernels, feeds);
  const auto actual = run_with_outputs(quantized, std::move(quantized_outputs), kernels, feeds);
  // Behind an input of unknown rank the graph may not say what is computed: only the tensors themselves do.
  const auto is_float = [](const Tensor& tensor) { return tensor.dtype() == DType::f32; };
  std::vector<LayerComparison> compared;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (!is_float(expected[i]) || !is_float(actual[i])) continue;
    layers[i].comparison = compare_tensors(expected[i].span<float>(), actual[i].span<float>());
    compared.push_back(std::move(layers[i]));
  }
  return compared;
}

}  // namespace octavo
