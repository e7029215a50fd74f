// The functions behind the rows of kernels.inc, one set an instruction.
#pragma once

#include "base/simd.h"
#include "kernels/gemm_s8/gemm_s8.h"

namespace octavo::kernels::gemm_s8_rows {

#define KERNEL(name, isa, mr, nr, kr, range, form)                                 \
  bool name##_usable(const IsaFacts&);                                             \
  void name##_requantize(const PackedGemmS8&, const APanel&, const RequantizeU8&); \
  void name##_dequantize(const PackedGemmS8&, const APanel&, const DequantizeF32&);
#include "kernels/gemm_s8/kernels.inc"
#undef KERNEL

}  // namespace octavo::kernels::gemm_s8_rows
