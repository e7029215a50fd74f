// Relaxed SIMD: four products a lane in one instruction, or two and a pairwise sum.
#include "kernels/gemm_s8/kernels.h"
#include "kernels/gemm_s8/simd_tile.h"

#if OCTAVO_RELAXED

namespace octavo::kernels::gemm_s8_rows {
namespace {

struct RelaxedBytes {
  static constexpr int kr = 4, b_bytes = 16;
  static v128_t load_b(const void* p) { return wasm_v128_load(p); }
};

#ifdef __wasm__
/// The engine's own reading of the second operand; the probe has found that it is the one the row needs.
struct UnsignedDot : RelaxedBytes {
  static constexpr int mr = 6;
  static v128_t multiply_add(v128_t acc, v128_t a, v128_t b) {
    return wasm_i32x4_relaxed_dot_i8x16_i7x16_add(b, a, acc);
  }
};
using SignedDot = UnsignedDot;
#else
/// Native builds have no such instruction: the row is computed exactly, under the assumption that it makes.
template <v128_t (*ExtendLow)(v128_t), v128_t (*ExtendHigh)(v128_t)> struct ExactDot : RelaxedBytes {
  static constexpr int mr = 6;
  static v128_t multiply_add(v128_t acc, v128_t a, v128_t b) {
    const v128_t low = wasm_i32x4_dot_i16x8(ExtendLow(a), wasm_i16x8_extend_low_i8x16(b));
    const v128_t high = wasm_i32x4_dot_i16x8(ExtendHigh(a), wasm_i16x8_extend_high_i8x16(b));
    const v128_t even = wasm_i32x4_shuffle(low, high, 0, 2, 4, 6),
                 odd = wasm_i32x4_shuffle(low, high, 1, 3, 5, 7);
    return wasm_i32x4_add(acc, wasm_i32x4_add(even, odd));
  }
};
v128_t unsigned_low(v128_t a) { return wasm_u16x8_extend_low_u8x16(a); }
v128_t unsigned_high(v128_t a) { return wasm_u16x8_extend_high_u8x16(a); }
v128_t signed_low(v128_t a) { return wasm_i16x8_extend_low_i8x16(a); }
v128_t signed_high(v128_t a) { return wasm_i16x8_extend_high_i8x16(a); }
using UnsignedDot = ExactDot<unsigned_low, unsigned_high>;
using SignedDot = ExactDot<signed_low, signed_high>;
#endif

/// Pair sums fit i16 with activations of 0..127: |2·127·128| < 2^15. They are added in pairs by a product with ones:
/// i32x4.extadd_pairwise_i16x8 is that very instruction on x86, but V8 loads its ones from memory, by a pointer that it
/// loads, too, which makes this kernel a fifth slower.
struct PairDot : RelaxedBytes {
  static constexpr int mr = 4;
  v128_t ones = splat_once_i16x8(1);

  v128_t multiply_add(v128_t acc, v128_t a, v128_t b) const {
    return wasm_i32x4_add(acc, wasm_i32x4_dot_i16x8(wasm_i16x8_relaxed_dot_i8x16_i7x16(b, a), ones));
  }
};

}  // namespace

OCTAVO_GEMM_S8_ROW(relaxed_unsigned_dot, UnsignedDot)
OCTAVO_GEMM_S8_ROW(relaxed_signed_dot, SignedDot)
OCTAVO_GEMM_S8_ROW(relaxed_pair_dot, PairDot)

bool relaxed_unsigned_dot_usable(const IsaFacts& facts) {
  return facts.dot_high_bit == HighBit::reads_unsigned && !facts.dot_saturates;
}
bool relaxed_signed_dot_usable(const IsaFacts& facts) {
  return facts.dot_high_bit == HighBit::reads_signed && !facts.dot_saturates;
}
bool relaxed_pair_dot_usable(const IsaFacts& facts) { return facts.pair_dot_high_bit != HighBit::unknown; }

}  // namespace octavo::kernels::gemm_s8_rows

#endif
