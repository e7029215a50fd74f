// Dynamic quantization: weights now, activations while running.
#pragma once

#include "graph/graph.h"
#include "quant/options.h"

namespace octavo {

// A copy of a simplified float graph in which every selected node (Gemm and MatMul unless op_types says otherwise) with
// constant float32 weights reads
//
//   x → DynamicQuantizeLinear → DequantizeLinear   and   int8 weights → DequantizeLinear.
//
// Nodes that read the same x share its DynamicQuantizeLinear. Granularity::row applies where rows of x are rows of the
// output, which is not so for convolutions: their images are ranged whole. With per_channel false, granularity
// tensor, reduce_range and WeightRange::full this is PyTorch's torch.ao.quantization.quantize_dynamic.
//
// Throws what NodeSelection throws, Error(invalid_option) for an operator without weights, and Error(invalid_data)
// naming node and constant for weights that are NaN or infinite.
Graph quantize_dynamic(const Graph& graph, const DynamicOptions& options);

}  // namespace octavo
