// Weights of 4 bits in the form of ONNX Runtime's own operator, com.microsoft.MatMulNBits, for which it has kernels.
#pragma once

#include "graph/graph.h"

namespace octavo::onnx {

// The graph with MatMulNBits in place of each
//
//   MatMul(x, DequantizeLinear(w, scale, zero_point))   and   Gemm(x, DequantizeLinear(w, scale, zero_point), bias)
//
// whose constant w is of 4 bits, in blocks of 16, 32, 64, 128 or 256 along the reduction; a Gemm also has no alpha,
// beta and transA, and a bias of one value a column, if any. All else stays as it is. For write_model alone: no
// operator of a graph in memory.
Graph with_matmul_n_bits(Graph graph);

}  // namespace octavo::onnx
