// The oracle: one output at a time.
#pragma once

#include <algorithm>

#include "kernels/epilogue_scalar.h"
#include "kernels/gemm_s4/gemm_s4.h"

namespace octavo::kernels {

inline void reference_gemm_s4(const GemmS4Args& a, const WeightsS4<const uint8_t>& w, const BiasClampF32& e) {
  const int block = block_gemm_s4(w.block, w.k);
  for (int row = 0; row < a.m; ++row)
    for (int n = 0; n < w.n; ++n) {
      float sum = 0;
      for (int begin = 0; begin < w.k; begin += block) {
        const ptrdiff_t at = n * w.scale_stride_n + begin / w.block * w.scale_stride_b;
        const int zero = w.zero_point ? w.zero_point[at] : 0;
        int32_t products = 0;
        for (int k = begin; k < std::min(begin + block, w.k); ++k) {
          const int weight = uint8_t(w.integers[n * w.stride_n + k * w.stride_k] - w.low) + w.low - zero;
          products += (a.a[row * a.lda + k] - a.a_zero_point[row * a.row_param_stride]) * weight;
        }
        sum = sum + static_cast<float>(products) * w.scale[at];
      }
      store_one(e, row, n, sum * a.a_scale[row * a.row_param_stride]);
    }
}

}  // namespace octavo::kernels
