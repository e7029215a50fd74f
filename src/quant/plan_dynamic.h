// Dynamic quantization: weights now, activations while running. insert_qdq needs no calibration for it.
#pragma once

#include "quant/options.h"
#include "quant/quantization_plan.h"

namespace octavo {

// Every selected node (those of rows, Gemm and MatMul, unless op_types says otherwise) with constant float32 weights is
// to read
//
//   x → DynamicQuantizeLinear → DequantizeLinear   and   int8 weights → DequantizeLinear.
//
// Nodes that read the same x share its DynamicQuantizeLinear. Granularity::row applies where rows of x are rows of the
// output, which is not so for convolutions: their images are ranged whole. With per_channel false, granularity
// tensor, reduce_range and WeightRange::full this is PyTorch's torch.ao.quantization.quantize_dynamic.
//
// Throws what NodeSelection throws, and Error(invalid_option) for an operator without weights.
QuantizationPlan plan_dynamic(const Graph& graph, const DynamicOptions& options);

}  // namespace octavo
