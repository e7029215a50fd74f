#include "kernels/eltwise_s8/eltwise_s8.h"

#include "base/simd.h"
#include "kernels/quantize/rounding.h"

namespace octavo::kernels {

namespace {

// The functions on differences from the zero points, for one element and for four.
struct Add {
  static float of(const EltwiseU8& p, int32_t a, int32_t b) {
    return static_cast<float>(a) * p.a_multiplier + static_cast<float>(b) * p.b_multiplier;
  }
#if OCTAVO_SIMD
  static v128_t of(v128_t a, v128_t b, v128_t a_multiplier, v128_t b_multiplier) {
    return wasm_f32x4_add(wasm_f32x4_mul(wasm_f32x4_convert_i32x4(a), a_multiplier),
                          wasm_f32x4_mul(wasm_f32x4_convert_i32x4(b), b_multiplier));
  }
#endif
};

struct Mul {
  static float of(const EltwiseU8& p, int32_t a, int32_t b) {
    return static_cast<float>(a * b) * p.a_multiplier;
  }
#if OCTAVO_SIMD
  static v128_t of(v128_t a, v128_t b, v128_t multiplier, v128_t /*unused*/) {
    return wasm_f32x4_mul(wasm_f32x4_convert_i32x4(wasm_i32x4_mul(a, b)), multiplier);
  }
#endif
};

#if OCTAVO_SIMD

// Sixteen bytes as differences from a zero point, widened to 16 bits.
struct Differences {
  v128_t low, high;

  Differences(v128_t bytes, v128_t zero_point)
      : low(wasm_i16x8_sub(wasm_u16x8_extend_low_u8x16(bytes), zero_point)),
        high(wasm_i16x8_sub(wasm_u16x8_extend_high_u8x16(bytes), zero_point)) {}
};

// 16 elements a step; returns how many elements are done.
template <class Function>
int64_t blocks(const EltwiseU8& p, const uint8_t* a, const uint8_t* b, uint8_t* out, int64_t n, bool a_steps,
               bool b_steps) {
  const v128_t a_zero = wasm_i16x8_splat(static_cast<int16_t>(p.a_zero_point));
  const v128_t b_zero = wasm_i16x8_splat(static_cast<int16_t>(p.b_zero_point));
  const v128_t a_multiplier = wasm_f32x4_splat(p.a_multiplier),
               b_multiplier = wasm_f32x4_splat(p.b_multiplier);
  const v128_t lo = wasm_f32x4_splat(float(p.qmin - p.out_zero_point));
  const v128_t hi = wasm_f32x4_splat(float(p.qmax - p.out_zero_point));
  const v128_t unbias = wasm_i32x4_splat(0x4B400000 - p.out_zero_point);
  const auto compute4 = [&](v128_t x, v128_t y) {
    v128_t value = Function::of(x, y, a_multiplier, b_multiplier);
    value = wasm_f32x4_pmin(wasm_f32x4_pmax(value, lo), hi);
    return wasm_i32x4_sub(wasm_f32x4_add(value, wasm_f32x4_splat(12582912.0f)),
                          unbias);  // see round_half_even
  };
  const auto compute8 = [&](v128_t x, v128_t y) {
    return wasm_i16x8_narrow_i32x4(
        compute4(wasm_i32x4_extend_low_i16x8(x), wasm_i32x4_extend_low_i16x8(y)),
        compute4(wasm_i32x4_extend_high_i16x8(x), wasm_i32x4_extend_high_i16x8(y)));
  };
  int64_t i = 0;
  for (; i + 16 <= n; i += 16) {
    const Differences x(a_steps ? wasm_v128_load(a + i) : wasm_u8x16_splat(*a), a_zero);
    const Differences y(b_steps ? wasm_v128_load(b + i) : wasm_u8x16_splat(*b), b_zero);
    wasm_v128_store(out + i, wasm_u8x16_narrow_i16x8(compute8(x.low, y.low), compute8(x.high, y.high)));
  }
  return i;
}

#endif

template <class Function>
void row(const EltwiseU8& p, const uint8_t* a, const uint8_t* b, uint8_t* out, int64_t n, bool a_steps,
         bool b_steps) {
  int64_t i = 0;
#if OCTAVO_SIMD
  i = blocks<Function>(p, a, b, out, n, a_steps, b_steps);
#endif
  for (; i < n; ++i) {
    const float value =
        Function::of(p, a[a_steps ? i : 0] - p.a_zero_point, b[b_steps ? i : 0] - p.b_zero_point);
    out[i] = static_cast<uint8_t>(round_and_clamp(value, p.out_zero_point, p.qmin, p.qmax));
  }
}

}  // namespace

void add_row_u8(const EltwiseU8& p, const uint8_t* a, const uint8_t* b, uint8_t* out, int64_t n, bool a_steps,
                bool b_steps) {
  row<Add>(p, a, b, out, n, a_steps, b_steps);
}

void mul_row_u8(const EltwiseU8& p, const uint8_t* a, const uint8_t* b, uint8_t* out, int64_t n, bool a_steps,
                bool b_steps) {
  row<Mul>(p, a, b, out, n, a_steps, b_steps);
}

}  // namespace octavo::kernels
