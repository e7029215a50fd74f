// Makes the functions of a row of kernels.inc out of a multiply-add.
#pragma once

#include "kernels/gemm_s8/gemm_s8.h"
#include "kernels/gemm_tile.h"

#if OCTAVO_SIMD

namespace octavo::kernels {

template <class Mac, class Epilogue> void run_s8(const PackedGemmS8& b, const APanel& a, const Epilogue& e) {
  run_panels<Mac>({b.panels, b.n, b.k_padded / Mac::kr, b.acc_start, b.column_sum}, a.rows, a.row_bytes, a.m,
                  e);
}

}  // namespace octavo::kernels

#define OCTAVO_GEMM_S8_ROW(name, Mac)                                                      \
  void name##_requantize(const PackedGemmS8& b, const APanel& a, const RequantizeU8& e) {  \
    run_s8<Mac>(b, a, e);                                                                  \
  }                                                                                        \
  void name##_dequantize(const PackedGemmS8& b, const APanel& a, const DequantizeF32& e) { \
    run_s8<Mac>(b, a, e);                                                                  \
  }

#endif
