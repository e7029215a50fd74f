// Weights of 4 bits for octavo.DynamicInt4Gemm and octavo.Int4Gemm.
#pragma once

#include "graph/quant_rule.h"
#include "tensor/tensor.h"

namespace octavo {

inline constexpr FourBitForms kFourBitGemm{"octavo.DynamicInt4Gemm", "octavo.Int4Gemm"};

// Whether a matrix is one that those operators take: integers of 8 bits, all in -8..7 or, unsigned, in 0..15, whose
// finite positive scales are one an index of `channel_axis`, or one a block of the other axis: of 16, 32 or 64, of a
// multiple of 128, or of all that there is.
bool is_int4_matrix(const Tensor& w, const QParams& qparams, int channel_axis);

}  // namespace octavo
