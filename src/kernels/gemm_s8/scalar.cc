// The tile without SIMD: eight columns a row of A.
#include <algorithm>

#include "kernels/epilogue_scalar.h"
#include "kernels/gemm_s8/kernels.h"

namespace octavo::kernels::gemm_s8_rows {
namespace {

template <class Epilogue> void run_scalar(const PackedGemmS8& b, const APanel& a, const Epilogue& e) {
  const int8_t* panel = static_cast<const int8_t*>(b.panels);
  for (int n = 0; n < b.n; n += 8, panel += ptrdiff_t(b.k) * 8) {
    for (int m = 0; m < a.m; ++m) {
      const uint8_t* row = static_cast<const uint8_t*>(a.rows) + m * a.row_bytes;
      int32_t acc[8] = {};
      for (int k = 0; k < b.k; ++k) {
        for (int j = 0; j < 8; ++j) acc[j] += row[k] * panel[k * 8 + j];
      }
      for (int j = 0; j < std::min(8, b.n - n); ++j) store_one(e, m, n + j, acc[j], b.column_sum[n + j]);
    }
  }
}

}  // namespace

void scalar_requantize(const PackedGemmS8& b, const APanel& a, const RequantizeU8& e) { run_scalar(b, a, e); }
void scalar_dequantize(const PackedGemmS8& b, const APanel& a, const DequantizeF32& e) {
  run_scalar(b, a, e);
}
bool scalar_usable(const IsaFacts&) { return true; }

}  // namespace octavo::kernels::gemm_s8_rows
