// The functions behind the rows of kernels.inc.
#pragma once

#include "base/simd.h"
#include "kernels/gemm_f32/gemm_f32.h"

namespace octavo::kernels::gemm_f32_rows {

#define KERNEL(name, isa, mr, nr) \
  void name##_run(const PackedGemmF32&, const float* a, ptrdiff_t lda, int m, const BiasClampF32&);
#include "kernels/gemm_f32/kernels.inc"
#undef KERNEL

}  // namespace octavo::kernels::gemm_f32_rows
