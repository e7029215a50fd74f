#include "quant/qdq.h"

#include "base/error.h"
#include "graph/op_def.h"
#include "quant/quantize_tensor.h"

namespace octavo {

ValueId add_dequantized_constant(Graph& graph, ValueId value, const QParams& qparams, DType dtype) {
  return add_dequantized_constant(graph, value, qparams,
                                  quantize_tensor(graph[value].constant->view(), qparams, dtype));
}

ValueId add_dequantized_constant(Graph& graph, ValueId value, const QParams& qparams, Tensor integers) {
  const std::string stem = graph[value].name;
  const Shape shape = integers.shape();
  const DType dtype = integers.dtype();
  graph[value].constant->give_back();
  const ValueId q =
      graph.add_constant(graph.unique_value_name(text("{}_quantized", stem)), std::move(integers));
  Node dequantize = make_dequantize(graph, stem, q, add_qparams(graph, stem, qparams, dtype, shape));
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
  const auto weight = node.op->quant.input_of(OperandRole::weight);
  return weight && is_float_activation(graph, node.inputs[0]) &&
         is_float_constant(graph, node.inputs[*weight]);
}

bool picks_rows(std::string_view op) { return op == "Gather"; }

bool has_float_table(const Graph& graph, const Node& node) {
  return picks_rows(node.op->name) && is_float_constant(graph, node.inputs[0]) &&
         graph[node.inputs[0]].constant->shape().rank() == 2;
}

bool has_channel_bias(const Graph& graph, const Node& node) {
  const auto index = node.op->quant.input_of(OperandRole::bias),
             weight = node.op->quant.input_of(OperandRole::weight);
  if (!index || !node.has_input(*index) || !is_float_constant(graph, node.inputs[*index])) return false;
  const Shape& bias = graph[node.inputs[*index]].constant->shape();
  const int64_t channels =
      graph[node.inputs[*weight]].constant->shape()[node.op->quant.weight_axis(graph, node)];
  return bias.rank() > 0 && bias[bias.rank() - 1] == channels && bias.elements() == channels;
}

int reduction_axis(const Graph& graph, const Node& node, ValueId weight) {
  const QuantRule& rule = node.op->quant;
  if (rule.matrix_axis >= 0) return graph[weight].shape->rank() - 1;
  return rule.weight_axis(graph, node) == 0 ? 1 : 0;
}

QuantSpec table_spec(const QuantizeOptions& options) {
  const IntegerRange range = weight_integers(options.weight_bits, options.weight_range);
  return {.source = RangeSource::constant,
          .dtype = DType::s8,
          .qmin = range.qmin,
          .qmax = range.qmax,
          .axis = options.per_channel ? 0 : -1};
}

QuantSpec weight_spec(const Graph& graph, const Node& node, ValueId weight, const QuantizeOptions& options) {
  QuantSpec spec = table_spec(options);
  if (options.per_channel) spec.axis = node.op->quant.weight_axis(graph, node);
  const int matrices = node.op->quant.matrix_axis;
  const Shape& shape = graph[weight].constant->shape();
  if (matrices >= 0 && shape[matrices] > 1) {
    spec.axis = options.per_channel ? shape.rank() - 1 : matrices;
    spec.block = options.per_channel ? shape[spec.axis] : 0;
  }
  return spec;
}

QParams weight_qparams(const Graph& graph, const Node& node, ValueId weight, const QuantSpec& spec) {
  const Value& value = graph[weight];
  if (!spec.given.scale.empty()) return spec.given;
  try {
    return choose_weight_qparams(
        value.constant->view(),
        {.axis = spec.axis, .block = spec.block, .qmin = spec.qmin, .qmax = spec.qmax}, spec.scheme,
        spec.rounding);
  } catch (const Error& error) {
    throw Error(error.code(), text("constant '{}': {}", value.name, error.what()))
        .at_node(node.name, node.op->name);
  }
}

}  // namespace octavo
