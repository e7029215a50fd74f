// The tile without SIMD: eight columns a row of A.
#include <algorithm>

#include "kernels/epilogue_scalar.h"
#include "kernels/gemm_f32/kernels.h"

namespace octavo::kernels::gemm_f32_rows {

void scalar_run(const PackedGemmF32& b, const float* a, ptrdiff_t lda, int m, const BiasClampF32& e) {
  const float* panel = b.panels;
  for (int n = 0; n < b.n; n += 8, panel += ptrdiff_t(b.k) * 8) {
    for (int row = 0; row < m; ++row) {
      float acc[8] = {};
      for (int k = 0; k < b.k; ++k) {
        for (int j = 0; j < 8; ++j) acc[j] += a[row * lda + k] * panel[k * 8 + j];
      }
      for (int j = 0; j < std::min(8, b.n - n); ++j) store_one(e, row, n + j, acc[j]);
    }
  }
}

}  // namespace octavo::kernels::gemm_f32_rows
