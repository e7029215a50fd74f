// The one door to SIMD128 intrinsics (wasm_i32x4_dot_i16x8 and its kin): kernels include this header and nothing else.
//
//   tree, set        intrinsics from                      OCTAVO_SIMD   OCTAVO_RELAXED
//   wasm, relaxed    <wasm_simd128.h>                     1             1
//   wasm, simd       <wasm_simd128.h>                     1             0
//   native, simd     SIMDe, and this file (see below)     1             1
//   native, scalar   none: reference kernels only         0             0
//
// Relaxed instructions leave a choice to the engine. Native builds fix each choice as follows:
//
// * i16x8.relaxed_dot_i8x16_i7x16_s and i32x4.relaxed_dot_i8x16_i7x16_add_s are not in SIMDe. They are defined here
//   with the semantics of x86 without VNNI (PMADDUBSW, with the operands swapped as engines do): the lanes of the first
//   operand are signed, those of the second UNSIGNED, and the sum of two neighbouring products SATURATES to i16. The
//   i32 form then adds pairs of those i16 lanes, and the accumulator, in wrapping i32. On x86 with AVX-VNNI the i32
//   form does not saturate; on ARM the second operand is signed. All of them agree when the second operand is in
//   0..127.
// * f32x4.relaxed_madd rounds twice (a*b, then +c) unless the compiler targets FMA; engines mostly round once.
//   Never use it where results must be the same bits everywhere.
// * i8x16.relaxed_swizzle: an index outside 0..15 gives 0 with SIMDe, as i8x16.swizzle does.
#pragma once

// Rows that a build would never choose are compiled natively, as something to compare with; a WASM module leaves them
// out, since pages would download them for nothing.
#if defined(__wasm__) && !defined(OCTAVO_SCALAR)
#define OCTAVO_COMPARISON_ROWS 0
#else
#define OCTAVO_COMPARISON_ROWS 1
#endif

#if defined(OCTAVO_SCALAR)
#define OCTAVO_SIMD 0
#define OCTAVO_RELAXED 0
#elif defined(__wasm_simd128__)
#include <wasm_simd128.h>
#define OCTAVO_SIMD 1
#if defined(__wasm_relaxed_simd__)
#define OCTAVO_RELAXED 1
#else
#define OCTAVO_RELAXED 0
#endif
#else
#define OCTAVO_SIMD 1
#define OCTAVO_RELAXED 1

#define SIMDE_ENABLE_NATIVE_ALIASES
#define SIMDE_WASM_RELAXED_SIMD_ENABLE_NATIVE_ALIASES
#include <simde/wasm/relaxed-simd.h>
#include <simde/wasm/simd128.h>
// SIMDe 0.8 binds this name to the f64x2 function.
#undef wasm_f32x4_relaxed_max
#define wasm_f32x4_relaxed_max(a, b) simde_wasm_f32x4_relaxed_max((a), (b))
#define wasm_f64x2_relaxed_max(a, b) simde_wasm_f64x2_relaxed_max((a), (b))

#if defined(__SSSE3__)
#include <tmmintrin.h>
#endif

namespace octavo::simd {

/// r[i] = saturate_i16(a[2i] * b[2i] + a[2i+1] * b[2i+1]), a signed and b unsigned 8-bit lanes.
inline v128_t i16x8_relaxed_dot_i8x16_i7x16(v128_t a, v128_t b) {
#if defined(__SSSE3__)
  return __builtin_bit_cast(
      v128_t, _mm_maddubs_epi16(__builtin_bit_cast(__m128i, b), __builtin_bit_cast(__m128i, a)));
#else
  // i16 holds each product exactly (|a * b| <= 128 * 255), so only the addition saturates.
  const v128_t low = wasm_i16x8_mul(wasm_i16x8_extend_low_i8x16(a), wasm_u16x8_extend_low_u8x16(b));
  const v128_t high = wasm_i16x8_mul(wasm_i16x8_extend_high_i8x16(a), wasm_u16x8_extend_high_u8x16(b));
  const v128_t even = wasm_i16x8_shuffle(low, high, 0, 2, 4, 6, 8, 10, 12, 14);
  const v128_t odd = wasm_i16x8_shuffle(low, high, 1, 3, 5, 7, 9, 11, 13, 15);
  return wasm_i16x8_add_sat(even, odd);
#endif
}

/// r[i] = c[i] + p[2i] + p[2i+1] with p = i16x8_relaxed_dot_i8x16_i7x16(a, b).
inline v128_t i32x4_relaxed_dot_i8x16_i7x16_add(v128_t a, v128_t b, v128_t c) {
  return wasm_i32x4_add(wasm_i32x4_extadd_pairwise_i16x8(i16x8_relaxed_dot_i8x16_i7x16(a, b)), c);
}

}  // namespace octavo::simd

#define wasm_i16x8_relaxed_dot_i8x16_i7x16(a, b) ::octavo::simd::i16x8_relaxed_dot_i8x16_i7x16((a), (b))
#define wasm_i32x4_relaxed_dot_i8x16_i7x16_add(a, b, c) \
  ::octavo::simd::i32x4_relaxed_dot_i8x16_i7x16_add((a), (b), (c))
#endif

#if OCTAVO_SIMD
namespace octavo {

/// Eight times `x`, kept in a local. WebAssembly code repeats a constant vector at each use, and engines make or load
/// it anew there, inside of the hottest loop too. What is made of a volatile number is made once.
inline v128_t splat_once_i16x8(int16_t x) {
  const volatile int16_t once = x;
  return wasm_i16x8_splat(once);
}

}  // namespace octavo
#endif
