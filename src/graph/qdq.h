// The vocabulary of quantization in a graph: which nodes tell of it, what they say, and how they are made. Nobody else
// knows QuantizeLinear, DequantizeLinear and DynamicQuantizeLinear by name.
#pragma once

#include <optional>
#include <string>

#include "graph/graph.h"

namespace octavo {

bool is_quantize(const Node& node);          // y = QuantizeLinear(x, scale, zero_point)
bool is_dequantize(const Node& node);        // y = DequantizeLinear(x, scale, zero_point)
bool is_dynamic_quantize(const Node& node);  // y, scale, zero_point = DynamicQuantizeLinear(x)
// One of the three.
bool is_qdq(const Node& node);

// Whether they are integers of 4 bits, signed.
inline bool is_int4(IntegerRange range) { return range.qmin >= -8 && range.qmax <= 7; }

// The range of integers that a node's notes leave of a storage type. Throws Error(invalid_graph) when they leave the
// type's range or no integers.
IntegerRange integer_range(const QuantizationNotes& notes, DType dtype);
// The same for passes, to which a node of unknown shapes comes unchecked: the error names the node.
IntegerRange integer_range(const Node& node, DType dtype);

// The qparams of a QuantizeLinear or DequantizeLinear with constant float32 scale and zero_point; an absent zero_point
// is 0. Nothing when they are computed or do not fit each other, or where the blocks of an unknown shape cannot be
// told, so that only the float form can run.
std::optional<QParams> read_qparams(const Graph& graph, const Node& node);

// Whether the qparams of a tensor of that shape are one pair for each row: each index of all axes but the last.
bool is_by_row(const QParams& qparams, const Shape& shape);

// The constants that Q and DQ nodes of one meaning share: scale (float32) and zero_point (`dtype`), scalars per tensor,
// vectors per channel, by blocks what ONNX has for them. An int32 bias has zero points of 0, which ONNX lets one leave
// out: zero_point is then kNoValue. Those of int8 weights are 0 as well, but ONNX Runtime's QGemm insists on having
// them.
struct QParamConstants {
  QParams qparams;
  DType dtype;
  ValueId scale, zero_point;
};

// Adds the constants of a tensor of that shape, named after the value `stem` that they describe. Zero points of s32 are
// taken to be 0.
QParamConstants add_qparams(Graph& graph, const std::string& stem, QParams qparams, DType dtype,
                            const Shape& of = {});

// QuantizeLinear(x) and DequantizeLinear(q), in the form of ONNX opset 21: nodes with one new output value, named after
// `stem`, that the caller puts in their place. An integer range narrower than the type goes into the notes.
Node make_quantize(Graph& graph, const std::string& stem, ValueId x, const QParamConstants& constants);
Node make_dequantize(Graph& graph, const std::string& stem, ValueId q, const QParamConstants& constants);

// DynamicQuantizeLinear(x) to 0..qmax and the DequantizeLinear of its outputs, named after x.
struct DynamicPair {
  Node quantize, dequantize;
};
DynamicPair make_dynamic_pair(Graph& graph, ValueId x, Granularity granularity, int32_t qmax);

}  // namespace octavo
