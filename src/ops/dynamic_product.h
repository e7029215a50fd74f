// x · w on integers, where x is floats that become 8 bits at run time: for octavo.DynamicQGemm and recurrent networks.
#pragma once

#include "kernels/gemm_f32/gemm_f32.h"
#include "ops/int8_matrix.h"

namespace octavo {

// int8 weights, and what their integers mean by column.
struct DynamicWeights {
  Int8Matrix matrix;
  std::vector<float> scale;
  std::vector<int32_t> zero_point;  // none where all are 0
};

// Those of a node with w as input 1.
DynamicWeights dynamic_weights(const PrepareContext& ctx, kernels::ActivationRange range);

// Bytes of scratch memory for `multiply` with m rows.
uint64_t dynamic_workspace(const KernelPolicy& policy, const DynamicWeights& weights, int64_t m);

// The notes are those of a DynamicQuantizeLinear: Granularity::row ranges each row of x on its own, tensor all rows;
// qmax narrows their integers.
void multiply(const KernelPolicy& policy, const DynamicWeights& weights, const kernels::GemmF32Args& x,
              const QuantizationNotes& notes, const kernels::BiasClampF32& epilogue, Scratch scratch);

}  // namespace octavo
