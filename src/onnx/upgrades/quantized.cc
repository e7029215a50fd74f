// Operators on integers, told as DequantizeLinear → operator → QuantizeLinear, the one form in which quantized networks
// are here: ONNX's QLinearConv and QLinearMatMul, and those of ONNX Runtime's QOperator format and of its dynamic
// quantization.
#include <algorithm>

#include "base/error.h"
#include "graph/op_def.h"
#include "onnx/data_type.h"
#include "onnx/decomposition.h"

namespace octavo::onnx {

namespace {

// Inputs `first`, … are x, its scale and its zero_point.
ValueId dequantized(Decomposition& d, std::size_t first, int64_t axis = 0) {
  return d.dequantize(d.in(first), d.in(first + 1), d.in(first + 2), axis);
}

// The node becomes QuantizeLinear(x) with the scale and zero_point in inputs `first` and `first` + 1. Where there is no
// zero_point, the integers are of the type of `like`.
void quantize_result(Decomposition& d, ValueId x, std::size_t first, ValueId like, int64_t axis = 0) {
  Attrs attrs = attributes({{"axis", axis}});
  const auto dtype = d.graph()[like].dtype;
  if (!d.has(first + 1) && dtype) attrs.set("output_dtype", int64_t{data_type_of(*dtype)});
  d.become("QuantizeLinear", {x, d.in(first), d.in(first + 1)}, attrs);
}

// x, its scale and zero_point; scale and zero_point of the result: op(x).
void one_operand(Draft& draft, DraftNode& node, Name op) {
  Decomposition d(draft, node);
  d.need(2);
  require(d.has(3), ErrorCode::invalid_graph, "input 3 is left out, but needed");
  const ValueId q = d.in(0);
  quantize_result(d, d.add_with_rest(op, {dequantized(d, 0)}), 3, q);
}

void sigmoid(Draft& draft, DraftNode& node) { one_operand(draft, node, "Sigmoid"); }
void leaky_relu(Draft& draft, DraftNode& node) { one_operand(draft, node, "LeakyRelu"); }

// The attribute opset tells which Softmax of ONNX it is; since 13 of one axis, before of all from it on.
void softmax(Draft& draft, DraftNode& node) {
  const int64_t opset = node.node.attrs.get_int("opset", 13), axis = node.node.attrs.get_int("axis", -1);
  require(opset >= 13 || axis == -1, ErrorCode::unsupported, "a softmax of opset {} along axis {}", opset,
          axis);
  node.node.attrs.erase("opset");
  one_operand(draft, node, "Softmax");
}

// Images that lie N … C, of `rank` axes, as N C …, and back.
ValueId from_channels_last(Decomposition& d, ValueId x, int64_t rank) {
  std::vector<int64_t> permutation = {0, rank - 1};
  for (int64_t axis = 1; axis < rank - 1; ++axis) permutation.push_back(axis);
  return d.transpose(x, permutation);
}
std::vector<int64_t> to_channels_last(int64_t rank) {
  std::vector<int64_t> permutation = {0};
  for (int64_t axis = 2; axis < rank; ++axis) permutation.push_back(axis);
  permutation.push_back(1);
  return permutation;
}

int64_t image_rank(const Decomposition& d, const Node& node) {
  const auto window = static_cast<int64_t>(node.attrs.get_ints("kernel_shape").size());
  const int64_t rank = window > 0 ? window + 2 : d.rank(d.in(0));
  require(rank > 2 && rank <= 5, ErrorCode::unsupported, "channels_last needs an image of known rank");
  return rank;
}

void pool(Draft& draft, DraftNode& node, Name op) {
  Decomposition d(draft, node);
  d.need(2);
  require(d.has(3), ErrorCode::invalid_graph, "input 3 is left out, but needed");
  const ValueId q = d.in(0);
  if (d.take_int("channels_last", 0) == 0)
    return quantize_result(d, d.add_with_rest(op, {dequantized(d, 0)}), 3, q);
  const int64_t rank = image_rank(d, node.node);
  const ValueId x = from_channels_last(d, dequantized(d, 0), rank);
  const ValueId y = d.add_with_rest(op, {x});
  quantize_result(d, d.transpose(y, to_channels_last(rank)), 3, q);
}

void average_pool(Draft& draft, DraftNode& node) { pool(draft, node, "AveragePool"); }
void global_average_pool(Draft& draft, DraftNode& node) { pool(draft, node, "GlobalAveragePool"); }

void nhwc_max_pool(Draft& draft, DraftNode& node) {
  Decomposition d(draft, node);
  d.need(1);
  const int64_t rank = image_rank(d, node.node);
  const ValueId y = d.add_with_rest("MaxPool", {from_channels_last(d, d.in(0), rank)});
  d.become("Transpose", {y}, {{"perm", to_channels_last(rank)}});
}

// a, b (each with scale and zero_point), scale and zero_point of the result.
void two_operands(Draft& draft, DraftNode& node, Name op) {
  Decomposition d(draft, node);
  d.need(2);
  for (const std::size_t i : {3u, 4u, 6u})
    require(d.has(i), ErrorCode::invalid_graph, "input {} is left out, but needed", i);
  const ValueId q = d.in(0);
  quantize_result(d, d.add(op, {dequantized(d, 0), dequantized(d, 3)}), 6, q);
}

void add(Draft& draft, DraftNode& node) { two_operands(draft, node, "Add"); }
void mul(Draft& draft, DraftNode& node) { two_operands(draft, node, "Mul"); }

// Scale and zero_point of the result, then x, scale and zero_point of each operand.
void concat(Draft& draft, DraftNode& node) {
  Decomposition d(draft, node);
  d.need(node.node.inputs.size());
  require(node.node.inputs.size() >= 5 && node.node.inputs.size() % 3 == 2, ErrorCode::invalid_graph,
          "has {} inputs, which are not three an operand", node.node.inputs.size());
  std::vector<ValueId> operands;
  for (std::size_t i = 2; i < node.node.inputs.size(); i += 3) operands.push_back(dequantized(d, i));
  const ValueId q = d.in(2);
  quantize_result(d, d.add_with_rest("Concat", operands), 0, q);
}

// Rows of a and columns of b may have scales of their own.
void matmul(Draft& draft, DraftNode& node) {
  Decomposition d(draft, node);
  d.need(8);
  const ValueId q = d.in(0);
  quantize_result(d, d.add("MatMul", {dequantized(d, 0, -2), dequantized(d, 3, -1)}), 6, q, -2);
}

// A bias of int32, in units of both scales.
ValueId dequantized_bias(Decomposition& d, ValueId bias, int64_t axis) {
  if (bias == kNoValue) return bias;
  return d.dequantize(bias, d.add("Mul", {d.in(1), d.in(4)}), kNoValue, axis);
}

void conv(Draft& draft, DraftNode& node) {
  Decomposition d(draft, node);
  d.need(8);
  d.take_only("channels_last", 0);  // of the same operator in ONNX Runtime's domain
  const ValueId q = d.in(0), x = dequantized(d, 0), w = dequantized(d, 3),
                bias = dequantized_bias(d, d.in(8), 0);
  quantize_result(d, d.add_with_rest("Conv", {x, w, bias}), 6, q);
}

// y = alpha · (a · b + c), where c counts in units of both scales; as floats where there is no scale of the result.
void gemm(Draft& draft, DraftNode& node) {
  Decomposition d(draft, node);
  d.need(2);
  for (const std::size_t i : {3u, 4u})
    require(d.has(i), ErrorCode::invalid_graph, "input {} is left out, but needed", i);
  Attrs& attrs = node.node.attrs;
  if (d.has(6) && attrs.has("alpha")) attrs.set("beta", attrs.get_float("alpha", 1));
  const ValueId q = d.in(0), a = dequantized(d, 0);
  const ValueId b = dequantized(d, 3, attrs.get_int("transB", 0) != 0 ? 0 : 1),
                c = dequantized_bias(d, d.in(6), -1);
  if (!d.has(7)) return d.become("Gemm", {a, b, c});
  quantize_result(d, d.add_with_rest("Gemm", {a, b, c}), 7, q);
}

// a, b, their scales, their zero_points, a bias of floats.
void matmul_integer_to_float(Draft& draft, DraftNode& node) {
  Decomposition d(draft, node);
  d.need(4);
  const ValueId bias = d.in(6), a = d.dequantize(d.in(0), d.in(2), d.in(4), -2);
  const std::vector<ValueId> operands = {a, d.dequantize(d.in(1), d.in(3), d.in(5), -1)};
  if (bias == kNoValue) return d.become("MatMul", operands);
  d.become("Add", {d.add("MatMul", operands), bias});
}

// a (float), b, scale and zero_point of b, a bias of floats.
void dynamic_quantize_matmul(Draft& draft, DraftNode& node) {
  Decomposition d(draft, node);
  d.need(3);
  const auto q = d.add_many("DynamicQuantizeLinear", {d.in(0)}, 3);
  const ValueId a = d.add("DequantizeLinear", {q[0], q[1], q[2]}), bias = d.in(4);
  const std::vector<ValueId> operands = {a, d.dequantize(d.in(1), d.in(2), d.in(3), -1)};
  if (bias == kNoValue) return d.become("MatMul", operands);
  d.become("Add", {d.add("MatMul", operands), bias});
}

// ONNX's operators of the same names: 16-bit integers were ONNX Runtime's first.
void quantize_linear(Draft& draft, DraftNode& node) {
  Decomposition d(draft, node);
  d.become("QuantizeLinear", node.node.inputs);
}
void dequantize_linear(Draft& draft, DraftNode& node) {
  Decomposition d(draft, node);
  d.become("DequantizeLinear", node.node.inputs);
}

constexpr Upgrade kRows[] = {
    {"QLinearConv", conv, 10},
    {"QLinearMatMul", matmul, 10},
    {"com.microsoft.DequantizeLinear", dequantize_linear, 1},
    {"com.microsoft.DynamicQuantizeMatMul", dynamic_quantize_matmul, 1},
    {"com.microsoft.MatMulIntegerToFloat", matmul_integer_to_float, 1},
    {"com.microsoft.NhwcMaxPool", nhwc_max_pool, 1},
    {"com.microsoft.QGemm", gemm, 1},
    {"com.microsoft.QLinearAdd", add, 1},
    {"com.microsoft.QLinearAveragePool", average_pool, 1},
    {"com.microsoft.QLinearConcat", concat, 1},
    {"com.microsoft.QLinearConv", conv, 1},
    {"com.microsoft.QLinearGlobalAveragePool", global_average_pool, 1},
    {"com.microsoft.QLinearLeakyRelu", leaky_relu, 1},
    {"com.microsoft.QLinearMul", mul, 1},
    {"com.microsoft.QLinearSigmoid", sigmoid, 1},
    {"com.microsoft.QLinearSoftmax", softmax, 1},
    {"com.microsoft.QuantizeLinear", quantize_linear, 1},
};

const RegisterUpgrades registered(kRows);

}  // namespace

}  // namespace octavo::onnx
