// i32x4.dot_i16x8: exact for all of u8, on any engine with SIMD. The row of A is widened once into the panel.
#include "kernels/gemm_s8/kernels.h"
#include "kernels/gemm_s8/simd_tile.h"

#if OCTAVO_SIMD

namespace octavo::kernels::gemm_s8_rows {
namespace {

struct DotI16x8 {
  static constexpr int mr = 4, kr = 2, b_bytes = 16;
  static v128_t load_b(const void* p) { return wasm_v128_load(p); }
  static v128_t multiply_add(v128_t acc, v128_t a, v128_t b) {
    return wasm_i32x4_add(acc, wasm_i32x4_dot_i16x8(a, b));
  }
};

}  // namespace

OCTAVO_GEMM_S8_ROW(simd_dot_i16x8, DotI16x8)

bool simd_dot_i16x8_usable(const IsaFacts&) { return true; }

}  // namespace octavo::kernels::gemm_s8_rows

#endif
