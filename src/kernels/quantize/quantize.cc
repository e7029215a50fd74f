#include "kernels/quantize/quantize.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "base/simd.h"
#include "kernels/quantize/rounding.h"

namespace octavo::kernels {

namespace {

template <class T> T quantize_one(float x, const QuantizeParams& p) {
  const float steps = x / p.scale;
  return static_cast<T>(round_and_clamp(steps == steps ? steps : 0.0f, p.zero_point, p.qmin, p.qmax));
}

#if OCTAVO_SIMD

// 16 elements a step; returns how many elements are done. T: uint8_t or int8_t.
template <class T> int64_t quantize_blocks(const float* x, int64_t n, const QuantizeParams& p, T* out) {
  const v128_t scale = wasm_f32x4_splat(p.scale);
  const v128_t lo = wasm_f32x4_splat(float(p.qmin - p.zero_point)),
               hi = wasm_f32x4_splat(float(p.qmax - p.zero_point));
  const v128_t unbias = wasm_i32x4_splat(0x4B400000 - p.zero_point);
  const auto quantize4 = [&](const float* at) {
    v128_t steps = wasm_f32x4_div(wasm_v128_load(at), scale);
    steps = wasm_v128_and(steps, wasm_f32x4_eq(steps, steps));  // NaN to 0
    steps = wasm_f32x4_pmin(wasm_f32x4_pmax(steps, lo), hi);
    // See round_half_even.
    return wasm_i32x4_sub(wasm_f32x4_add(steps, wasm_f32x4_splat(12582912.0f)), unbias);
  };
  int64_t i = 0;
  for (; i + 16 <= n; i += 16) {
    const v128_t low = wasm_i16x8_narrow_i32x4(quantize4(x + i), quantize4(x + i + 4));
    const v128_t high = wasm_i16x8_narrow_i32x4(quantize4(x + i + 8), quantize4(x + i + 12));
    wasm_v128_store(out + i, std::is_signed_v<T> ? wasm_i8x16_narrow_i16x8(low, high)
                                                 : wasm_u8x16_narrow_i16x8(low, high));
  }
  return i;
}

#endif

}  // namespace

template <class T> void quantize(const float* x, int64_t n, const QuantizeParams& p, T* out) {
  int64_t i = 0;
#if OCTAVO_SIMD
  if constexpr (sizeof(T) == 1) i = quantize_blocks(x, n, p, out);
#endif
  for (; i < n; ++i) out[i] = quantize_one<T>(x[i], p);
}

template void quantize(const float*, int64_t, const QuantizeParams&, uint8_t*);
template void quantize(const float*, int64_t, const QuantizeParams&, int8_t*);
template void quantize(const float*, int64_t, const QuantizeParams&, uint16_t*);
template void quantize(const float*, int64_t, const QuantizeParams&, int16_t*);

template <class T> void dequantize(const T* q, int64_t n, float scale, int32_t zero_point, float* out) {
  // Differences of 32-bit integers need 64 bits; the others fit.
  using Difference = std::conditional_t<sizeof(T) == 4, int64_t, int32_t>;
  for (int64_t i = 0; i < n; ++i) out[i] = static_cast<float>(Difference(q[i]) - zero_point) * scale;
}

template void dequantize(const uint8_t*, int64_t, float, int32_t, float*);
template void dequantize(const int8_t*, int64_t, float, int32_t, float*);
template void dequantize(const uint16_t*, int64_t, float, int32_t, float*);
template void dequantize(const int16_t*, int64_t, float, int32_t, float*);
template void dequantize(const int32_t*, int64_t, float, int32_t, float*);

FloatRange range_of(const Extremes& extremes) {
  return {std::min(0.0f, extremes.min), std::max(0.0f, extremes.max)};
}

FloatRange find_range(const float* x, int64_t n) {
  return range_of(find_extremes_of_numbers(x, static_cast<size_t>(n)));
}

QuantizeParams dynamic_params(FloatRange range, int32_t qmin, int32_t qmax) {
  const auto steps = static_cast<float>(qmax - qmin);
  const float width = range.max - range.min;
  float scale = std::isinf(width) ? range.max / steps - range.min / steps : width / steps;
  if (scale == 0) scale = 1;
  const float start = static_cast<float>(qmin) - range.min / scale;
  return {scale, round_and_clamp(start == start ? start : 0.0f, 0, qmin, qmax), qmin, qmax};
}

}  // namespace octavo::kernels
