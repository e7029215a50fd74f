// Inserting QuantizeLinear and DequantizeLinear, in the form of ONNX opset 21.
#pragma once

#include <span>

#include "graph/graph.h"
#include "quant/options.h"
#include "tensor/qparams.h"

namespace octavo {

// The constants that Q and DQ nodes of one meaning share: scale (float32) and zero_point (`dtype`), scalars per tensor,
// vectors per channel. An int32 bias has zero points of 0, which ONNX lets one leave out: zero_point is then kNoValue.
// Those of int8 weights are 0 as well, but ONNX Runtime's QGemm insists on having them.
struct QParamConstants {
  QParams qparams;
  DType dtype;
  ValueId scale, zero_point;
};

// Adds the constants, named after the value `stem` that they describe. Zero points of s32 are taken to be 0.
QParamConstants add_qparams(Graph& graph, const std::string& stem, QParams qparams, DType dtype);

// QuantizeLinear(x) and DequantizeLinear(q): nodes with one new output value, named after `stem`, that the caller puts in
// their place. An integer range narrower than the type goes into the attributes of ops/qdq_params.h.
Node make_quantize(Graph& graph, const std::string& stem, ValueId x, const QParamConstants& constants);
Node make_dequantize(Graph& graph, const std::string& stem, ValueId q, const QParamConstants& constants);

// Appends DequantizeLinear of the constant `value` quantized with `qparams` as `dtype`, and returns its output.
ValueId add_dequantized_constant(Graph& graph, ValueId value, const QParams& qparams, DType dtype);

struct Redirection {
  ValueId from, to;
};

// Makes all nodes read `to` instead of `from`, and the graph's outputs too unless `from` is a graph input: a graph
// output keeps its name, and so does a graph input. All at once, in a time that grows as the graph and not as its square.
void redirect(Graph& graph, std::span<const Redirection> redirections);

// True for a value that is computed or fed and holds float32.
bool is_float_activation(const Graph& graph, ValueId value);
// True for a float32 constant.
bool is_float_constant(const Graph& graph, ValueId value);
// True for a node of QuantRole::weighted whose weights are a float32 constant and whose input is a float activation.
bool has_float_weights(const Graph& graph, const Node& node);

// Symmetric int8 qparams of the weights of a `has_float_weights` node. Errors name the constant.
QParams choose_node_weight_qparams(const Graph& graph, const Node& node, const QuantizeOptions& options);

}  // namespace octavo
