// How the scale and zero_point of Q and DQ nodes lie along a tensor.
#pragma once

#include <span>

#include "graph/op_def.h"

namespace octavo {

// A tensor in `runs` contiguous runs of `length` elements; run i uses parameter i % `parameters`.
struct QdqLayout {
  int64_t runs, length, parameters;
};

// Inputs of a Q or DQ node: 0 the tensor, 1 the scale, 2 (optional) the zero_point. The scale is one number; a vector with
// one number an index of the attribute "axis"; or of the tensor's rank with a last dimension of 1, with one number a row,
// which is ONNX's blocked quantization with one block a row. Throws Error(invalid_graph) when scale and zero_point do
// not fit, Error(unsupported) for other block sizes.
void check_qdq(const InferContext& ctx);

// For static shapes that went through check_qdq.
QdqLayout qdq_layout(const Attrs& attrs, const Shape& x, const Shape& scale);

// OpDef::permute of both operators: the axis follows.
bool permute_qdq(Graph& graph, Node& node, std::span<const int> permutation);

}  // namespace octavo
