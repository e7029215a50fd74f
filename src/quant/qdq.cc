#include "quant/qdq.h"

#include "base/error.h"
#include "graph/op_def.h"
#include "quant/quantize_tensor.h"

namespace octavo {

ValueId add_dequantized_constant(Graph& graph, ValueId value, const QParams& qparams, DType dtype) {
  const std::string stem = graph[value].name;
  Tensor integers = quantize_tensor(graph[value].constant->view(), qparams, dtype);
  graph[value].constant->give_back();
  const ValueId q =
      graph.add_constant(graph.unique_value_name(text(stem, "_quantized")), std::move(integers));
  Node dequantize = make_dequantize(graph, stem, q, add_qparams(graph, stem, qparams, dtype));
  const ValueId output = dequantize.outputs[0];
  graph.nodes.push_back(std::move(dequantize));
  return output;
}

bool is_float_activation(const Graph& graph, ValueId value) {
  return value != kNoValue && graph[value].dtype == DType::f32 && !graph[value].is_constant();
}

bool is_float_constant(const Graph& graph, ValueId value) {
  return value != kNoValue && graph[value].dtype == DType::f32 && graph[value].is_constant();
}

bool has_float_weights(const Graph& graph, const Node& node) {
  return node.op->quant.role == QuantRole::weighted && is_float_activation(graph, node.inputs[0]) &&
         is_float_constant(graph, node.inputs[1]);
}

QParams choose_node_weight_qparams(const Graph& graph, const Node& node, const QuantizeOptions& options) {
  const Value& weights = graph[node.inputs[1]];
  const int axis = options.per_channel ? node.op->quant.channel_axis(graph, node) : -1;
  try {
    return choose_weight_qparams(weights.constant->view(), axis, options.weight_range);
  } catch (const Error& error) {
    throw Error(error.code(), text("constant '", weights.name, "': ", error.what()))
        .at_node(node.name, node.op->name);
  }
}

}  // namespace octavo
