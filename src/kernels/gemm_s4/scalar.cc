// The tile without SIMD: one output at a time.
#include <cstring>

#include "kernels/gemm_s4/kernels.h"
#include "kernels/gemm_s4/packing.h"

namespace octavo::kernels::gemm_s4_rows {

void scalar_run(const PackedGemmS4& b, const GemmS4Rows& a, float* out, ptrdiff_t ldc, char* /*scratch*/) {
  const int blocks = b.blocks();
  const PackingS4 packing(b.block, blocks);
  for (int m = 0; m < a.m; ++m)
    for (int n = 0; n < b.n; ++n) {
      const char* row = a.first + m * a.row_bytes;
      ptrdiff_t at = n / 16 * packing.panel_bytes + n % 16 * 4;
      float sum = 0;
      for (int block = 0; block < blocks; ++block, at += packing.record_bytes, row += 4 + b.block) {
        const char* const record = b.panels + at;
        float scale;
        int16_t pair[2], terms[2];
        std::memcpy(&scale, record + packing.scales, sizeof scale);
        std::memcpy(pair, record + packing.pairs, sizeof pair);
        std::memcpy(terms, row, sizeof terms);
        int32_t products = pair[0] * terms[0] + pair[1] * terms[1];
        for (int k = 0; k < b.block; ++k) {
          const auto byte = static_cast<uint8_t>(record[packing.nibbles + k / 8 * 64 + k % 4]);
          products += static_cast<int8_t>(row[4 + k]) * (byte >> (k & 4) & 15);
        }
        sum += static_cast<float>(products) * scale;
      }
      out[m * ldc + n] = sum;
    }
}

bool scalar_usable(const IsaFacts&) { return true; }

}  // namespace octavo::kernels::gemm_s4_rows
