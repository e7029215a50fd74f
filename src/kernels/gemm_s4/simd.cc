// A is the signed operand and the integers u = 0..15 of the weights are the second one, which every engine reads alike.
#include "kernels/gemm_s4/kernels.h"
#include "kernels/gemm_s4/simd_tile.h"

#if OCTAVO_SIMD

namespace octavo::kernels::gemm_s4_rows {
namespace {

struct Words {
  static constexpr int mr = 4, parts = 4, narrow = 0;
  v128_t mask = splat_once_i16x8(15);

  v128_t part(v128_t nibbles, int part) const {
    return wasm_v128_and(wasm_u16x8_shr(nibbles, uint32_t(4 * part)), mask);
  }
  static v128_t multiply_add(v128_t acc, v128_t a, v128_t b) {
    return wasm_i32x4_add(acc, wasm_i32x4_dot_i16x8(a, b));
  }
};

#if OCTAVO_RELAXED
struct Bytes {
  static constexpr int parts = 2;
  v128_t mask = splat_once_i16x8(0x0F0F);

  v128_t part(v128_t nibbles, int part) const {
    return wasm_v128_and(wasm_u16x8_shr(nibbles, uint32_t(4 * part)), mask);
  }
};

struct RelaxedDot : Bytes {
  static constexpr int mr = 6, narrow = 0;
  static v128_t multiply_add(v128_t acc, v128_t a, v128_t b) {
    return wasm_i32x4_relaxed_dot_i8x16_i7x16_add(a, b, acc);
  }
};

/// Sums of 16 products fit s16: 16 · 128 · 15 < 2^15.
struct PairDot : Bytes {
  static constexpr int mr = 4, narrow = 32;
  v128_t ones = splat_once_i16x8(1);

  static v128_t multiply_add(v128_t acc, v128_t a, v128_t b) {
    return wasm_i16x8_add(acc, wasm_i16x8_relaxed_dot_i8x16_i7x16(a, b));
  }
  v128_t widen(v128_t acc) const { return wasm_i32x4_dot_i16x8(acc, ones); }
};
#endif

}  // namespace

OCTAVO_GEMM_S4_ROW(simd_dot_i16x8, Words)
bool simd_dot_i16x8_usable(const IsaFacts&) { return true; }

#if OCTAVO_RELAXED
OCTAVO_GEMM_S4_ROW(relaxed_dot, RelaxedDot)
OCTAVO_GEMM_S4_ROW(relaxed_pair_dot, PairDot)

/// Exact everywhere, but where it saturates it is several instructions.
bool relaxed_dot_usable(const IsaFacts& facts) {
  return facts.dot_high_bit != HighBit::unknown && !facts.dot_saturates;
}
bool relaxed_pair_dot_usable(const IsaFacts& facts) { return facts.pair_dot_high_bit != HighBit::unknown; }
#endif

}  // namespace octavo::kernels::gemm_s4_rows

#endif
