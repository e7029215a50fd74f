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

// Rows of 8 bits and what they mean: a pair of parameters for each row where `by_row` is 1, one where it is 0.
struct QuantizedRows {
  uint8_t* integers;
  float* scale;
  int32_t* zero_point;
  int by_row;
};

// Bytes of scratch memory that quantize_rows takes.
uint64_t quantized_rows_bytes(int64_t m, int64_t k);

// x, rows of k floats, as the DynamicQuantizeLinear that has these notes does it.
QuantizedRows quantize_rows(const KernelPolicy& policy, const kernels::GemmF32Args& x, int64_t k,
                            const QuantizationNotes& notes, Scratch& scratch);

// Bytes of scratch memory for `multiply` with m rows.
uint64_t dynamic_workspace(const KernelPolicy& policy, const DynamicWeights& weights, int64_t m);

// The notes are those of a DynamicQuantizeLinear: Granularity::row ranges each row of x on its own, tensor all rows;
// qmax narrows their integers.
void multiply(const KernelPolicy& policy, const DynamicWeights& weights, const kernels::GemmF32Args& x,
              const QuantizationNotes& notes, const kernels::BiasClampF32& epilogue, Scratch scratch);

}  // namespace octavo
