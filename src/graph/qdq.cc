#include "graph/qdq.h"

#include <algorithm>

#include "base/error.h"
#include "graph/op_def.h"
#include "graph/rewriter.h"

namespace octavo {

namespace {

constexpr std::string_view kQuantize = "QuantizeLinear", kDequantize = "DequantizeLinear",
                           kDynamicQuantize = "DynamicQuantizeLinear";

// Sets axis and block of qparams whose scale has that shape. False where they cannot be told.
bool read_axis(const Graph& graph, const Node& node, const Shape& scale, QParams& qparams) {
  if (scale.rank() == 0 || (scale.rank() == 1 && scale[0] == 1)) return true;
  const std::optional<Shape>& x = graph[node.inputs[0]].shape;
  int64_t axis = node.attrs.get_int("axis", 1);
  if (!x && (axis < 0 || scale.rank() > 1)) return false;
  if (x) axis = normalize_axis(axis, x->rank());
  qparams.axis = static_cast<int>(axis);
  if (scale.rank() == 1) return true;
  if (scale.rank() != x->rank() || (*x)[qparams.axis] == kDynamic || scale[qparams.axis] == 0) return false;
  const int64_t blocks = scale[qparams.axis], given = node.attrs.get_int("block_size", 0);
  qparams.block = given > 0 ? given : std::max<int64_t>(1, ((*x)[qparams.axis] + blocks - 1) / blocks);
  return true;
}

Node make_qdq(Graph& graph, std::string_view op, const std::string& name, ValueId input, DType made,
              const QParamConstants& constants) {
  const auto [qparams, dtype, scale, zero_point] = constants;
  std::vector<ValueId> inputs{input, scale};
  if (zero_point != kNoValue) inputs.push_back(zero_point);
  Node node = make_node(graph, get_op(op), name, inputs, {made, graph[input].shape});
  const IntegerRange storage = storage_range(dtype);
  // int8 weights keep to their range by themselves: only what is quantized while running has to saturate to it. Of
  // fewer bits, the notes say how many.
  const bool is_noted = dtype != DType::s8 || qparams.qmax != storage.qmax;
  if (is_noted && IntegerRange{qparams.qmin, qparams.qmax} != storage) {
    node.notes.qmin = qparams.qmin;
    node.notes.qmax = qparams.qmax;
  }
  if (!qparams.per_tensor()) node.attrs.set("axis", int64_t{qparams.axis});
  if (qparams.blocked()) node.attrs.set("block_size", qparams.block);
  return node;
}

}  // namespace

bool is_quantize(const Node& node) { return node.op->name == kQuantize; }
bool is_dequantize(const Node& node) { return node.op->name == kDequantize; }
bool is_dynamic_quantize(const Node& node) { return node.op->name == kDynamicQuantize; }
bool is_qdq(const Node& node) {
  return is_quantize(node) || is_dequantize(node) || is_dynamic_quantize(node);
}

IntegerRange integer_range(const QuantizationNotes& notes, DType dtype) {
  const IntegerRange storage = storage_range(dtype);
  const int64_t qmin = notes.qmin.value_or(storage.qmin), qmax = notes.qmax.value_or(storage.qmax);
  require(storage.qmin <= qmin && qmin < qmax && qmax <= storage.qmax, ErrorCode::invalid_graph,
          "integers {} to {} do not fit {}", qmin, qmax, dtype_name(dtype));
  return {static_cast<int32_t>(qmin), static_cast<int32_t>(qmax)};
}

IntegerRange integer_range(const Node& node, DType dtype) {
  try {
    return integer_range(node.notes, dtype);
  } catch (Error& error) {
    error.at_node(node.name, node.op->name);
    throw;
  }
}

std::optional<QParams> read_qparams(const Graph& graph, const Node& node) {
  const Tensor* scale = graph.constant_input(node, 1);
  const Tensor* zero_point = graph.constant_input(node, 2);
  if (scale == nullptr || scale->dtype() != DType::f32 || scale->shape().elements() == 0) return std::nullopt;
  if (node.has_input(2) &&
      (zero_point == nullptr || zero_point->shape().elements() != scale->shape().elements()))
    return std::nullopt;
  const auto known =
      zero_point ? zero_point->dtype() : graph[is_quantize(node) ? node.outputs[0] : node.inputs[0]].dtype;
  if (!known || !QuantizedTypes::contains(*known)) return std::nullopt;
  const DType storage = *known;

  QParams qparams;
  if (!read_axis(graph, node, scale->shape(), qparams)) return std::nullopt;
  const auto scales = scale->span<float>();
  qparams.scale.assign(scales.begin(), scales.end());
  if (zero_point == nullptr) {
    qparams.zero_point.assign(scales.size(), 0);
  } else {
    visit(QuantizedTypes{}, storage, [&]<class T>(T) {
      for (T value : zero_point->span<T>()) qparams.zero_point.push_back(static_cast<int32_t>(value));
    });
  }
  const IntegerRange range = integer_range(node, storage);
  qparams.qmin = range.qmin;
  qparams.qmax = range.qmax;
  return qparams;
}

bool is_by_row(const QParams& qparams, const Shape& shape) {
  return qparams.blocked() && qparams.axis == shape.rank() - 1 && qparams.block >= shape[qparams.axis] &&
         std::ssize(qparams.scale) == shape.elements(0, qparams.axis);
}

QParamConstants add_qparams(Graph& graph, const std::string& stem, QParams qparams, DType dtype,
                            const Shape& of) {
  Shape shape;
  if (qparams.blocked()) {
    shape = of;
    shape[qparams.axis] = (of[qparams.axis] + qparams.block - 1) / qparams.block;
  } else if (!qparams.per_tensor()) {
    shape = {static_cast<int64_t>(qparams.scale.size())};
  }
  const ValueId scale = graph.add_constant(graph.unique_value_name(text("{}_scale", stem)),
                                           Tensor::of<float>(shape, std::span<const float>(qparams.scale)));
  if (dtype == DType::s32) return {std::move(qparams), dtype, scale, kNoValue};

  Tensor zero_point(dtype, shape);
  visit(QuantizedTypes{}, dtype, [&]<class T>(T) {
    std::ranges::transform(qparams.zero_point, zero_point.span<T>().begin(),
                           [](int32_t z) { return static_cast<T>(z); });
  });
  const ValueId zero_point_id =
      graph.add_constant(graph.unique_value_name(text("{}_zero_point", stem)), std::move(zero_point));
  return {std::move(qparams), dtype, scale, zero_point_id};
}

Node make_quantize(Graph& graph, const std::string& stem, ValueId x, const QParamConstants& constants) {
  return make_qdq(graph, kQuantize, text("{}_quantized", stem), x, constants.dtype, constants);
}

Node make_dequantize(Graph& graph, const std::string& stem, ValueId q, const QParamConstants& constants) {
  return make_qdq(graph, kDequantize, text("{}_dequantized", stem), q, DType::f32, constants);
}

DynamicPair make_dynamic_pair(Graph& graph, ValueId x, Granularity granularity, int32_t qmax) {
  const std::string stem = graph[x].name;
  const std::optional<Shape> shape = graph[x].shape;
  const bool by_row = granularity == Granularity::row;
  Node quantize =
      make_node(graph, get_op(kDynamicQuantize), text("{}_quantized", stem), {x}, {DType::u8, shape});
  std::optional<Shape> parameters = Shape{};
  if (by_row) {
    parameters = shape;
    if (parameters && parameters->rank() > 0) parameters->dims.back() = 1;
  }
  const auto add_output = [&](std::string_view suffix, DType dtype) {
    const std::string name = graph.unique_value_name(text("{}{}", stem, suffix));
    quantize.outputs.push_back(graph.add_value({{dtype, parameters}, name}));
  };
  add_output("_scale", DType::f32);
  add_output("_zero_point", DType::u8);
  quantize.notes.granularity = granularity;
  if (qmax != storage_range(DType::u8).qmax) quantize.notes.qmax = qmax;
  Node dequantize = make_node(graph, get_op(kDequantize), text("{}_dequantized", stem), quantize.outputs,
                              {DType::f32, shape});
  if (by_row) dequantize.attrs.set("axis", int64_t{-1});  // one block a row
  return {std::move(quantize), std::move(dequantize)};
}

}  // namespace octavo
