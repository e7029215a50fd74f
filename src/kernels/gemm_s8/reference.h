// The oracle: one output at a time.
#pragma once

#include "kernels/epilogue_scalar.h"

namespace octavo::kernels {

/// `weight(n, k)` gives B.
template <class Weight, class Epilogue>
void reference_gemm_s8(const uint8_t* a, ptrdiff_t lda, int m, int n, int k, Weight&& weight,
                       const Epilogue& e) {
  for (int row = 0; row < m; ++row) {
    for (int column = 0; column < n; ++column) {
      int32_t acc = 0, sum = 0;
      for (int i = 0; i < k; ++i) {
        acc += a[row * lda + i] * weight(column, i);
        sum += weight(column, i);
      }
      store_one(e, row, column, acc, sum);
    }
  }
}

}  // namespace octavo::kernels
