#include "quant/qdq.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "graph/op_def.h"
#include "graph/rewriter.h"
#include "ops/qdq_params.h"
#include "quant/quantize_tensor.h"

namespace octavo {

namespace {

Node make_qdq(Graph& graph, std::string_view op, const std::string& name, ValueId input, DType output_dtype,
              const QParamConstants& constants) {
  const auto [qparams, dtype, scale, zero_point] = constants;
  std::vector<ValueId> inputs{input, scale};
  if (zero_point != kNoValue) inputs.push_back(zero_point);
  Node node = make_node(graph, op, name, std::move(inputs), output_dtype, graph[input].shape);
  const IntegerRange storage = storage_range(dtype);
  // int8 weights keep to their range by themselves: only what is quantized while running has to saturate to it.
  if (dtype != DType::s8 && IntegerRange{qparams.qmin, qparams.qmax} != storage) {
    node.attrs.set(kQminAttribute, int64_t{qparams.qmin});
    node.attrs.set(kQmaxAttribute, int64_t{qparams.qmax});
  }
  if (!qparams.per_tensor()) node.attrs.set("axis", int64_t{qparams.axis});
  return node;
}

}  // namespace

QParamConstants add_qparams(Graph& graph, const std::string& stem, QParams qparams, DType dtype) {
  const Shape shape = qparams.per_tensor() ? Shape{} : Shape{static_cast<int64_t>(qparams.scale.size())};
  const ValueId scale = graph.add_constant(graph.unique_value_name(text(stem, "_scale")),
                                           Tensor::of<float>(shape, std::span<const float>(qparams.scale)));
  if (dtype == DType::s32) return {std::move(qparams), dtype, scale, kNoValue};

  Tensor zero_point(dtype, shape);
  visit_dtype(dtype, [&]<class T>(T) {
    std::ranges::transform(qparams.zero_point, zero_point.span<T>().begin(),
                           [](int32_t z) { return static_cast<T>(z); });
  });
  const ValueId zero_point_id =
      graph.add_constant(graph.unique_value_name(text(stem, "_zero_point")), std::move(zero_point));
  return {std::move(qparams), dtype, scale, zero_point_id};
}

Node make_quantize(Graph& graph, const std::string& stem, ValueId x, const QParamConstants& constants) {
  return make_qdq(graph, "QuantizeLinear", text(stem, "_quantized"), x, constants.dtype, constants);
}

Node make_dequantize(Graph& graph, const std::string& stem, ValueId q, const QParamConstants& constants) {
  return make_qdq(graph, "DequantizeLinear", text(stem, "_dequantized"), q, DType::f32, constants);
}

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

void redirect(Graph& graph, std::span<const Redirection> redirections) {
  std::vector<ValueId> target(graph.values.size());
  std::iota(target.begin(), target.end(), 0);
  for (const auto& [from, to] : redirections) target[from] = to;
  for (Node& node : graph.nodes)
    for (ValueId& id : node.inputs)
      if (id != kNoValue) id = target[id];

  for (ValueId id : graph.inputs) target[id] = id;
  const Uses uses(graph);
  for (const auto& [from, to] : redirections) {
    if (!uses.is_output[from] || target[from] == from) continue;
    std::swap(graph[from].name, graph[to].name);
    std::swap(graph[from].dim_names, graph[to].dim_names);
  }
  for (ValueId& id : graph.outputs) id = target[id];
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
