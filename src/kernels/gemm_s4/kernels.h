// The functions behind the rows of kernels.inc.
#pragma once

#include "base/simd.h"
#include "kernels/gemm_s4/gemm_s4.h"

namespace octavo::kernels::gemm_s4_rows {

#define KERNEL(name, isa, mr, nr, element) \
  bool name##_usable(const IsaFacts&);     \
  void name##_run(const PackedGemmS4&, const GemmS4Rows&, float* out, ptrdiff_t ldc, char* scratch);
#include "kernels/gemm_s4/kernels.inc"
#undef KERNEL

}  // namespace octavo::kernels::gemm_s4_rows
