// The epilogues one element at a time: the oracle of the SIMD epilogues, which give the same bits.
#pragma once

#include <cmath>

#include "kernels/epilogue.h"

namespace octavo::kernels {

/// Wrapping int32 arithmetic, as SIMD lanes do it.
inline int32_t wrapping_add(int32_t a, int32_t b) { return static_cast<int32_t>(uint32_t(a) + uint32_t(b)); }
inline int32_t wrapping_mul(int32_t a, int32_t b) { return static_cast<int32_t>(uint32_t(a) * uint32_t(b)); }

inline float clamp_f32(float x, float lo, float hi) {
  x = x < lo ? lo : x;
  return hi < x ? hi : x;
}

/// `column_sum` is the sum of the weights of column n; only dequantization uses it.
inline void store_one(const RequantizeU8& e, int64_t row, int n, int32_t acc, int32_t /*column_sum*/) {
  const float scaled = std::nearbyint(static_cast<float>(wrapping_add(acc, e.bias[n])) * e.multiplier[n]);
  const float clamped = clamp_f32(scaled, float(e.qmin - e.zero_point), float(e.qmax - e.zero_point));
  e.out[row * e.ldc + n] = static_cast<uint8_t>(static_cast<int32_t>(clamped) + e.zero_point);
}

inline void store_one(const DequantizeF32& e, int64_t row, int n, int32_t acc, int32_t column_sum) {
  const ptrdiff_t param = row * e.row_param_stride;
  int32_t centred = wrapping_add(acc, wrapping_mul(-e.a_zero_point[param], column_sum));
  if (e.w_zero_point) centred = wrapping_add(centred, wrapping_mul(-e.a_sum[row], e.w_zero_point[n]));
  const float scale = e.a_scale[param] * e.w_scale[n];
  const float value = static_cast<float>(centred) * scale + (e.bias ? e.bias[n] : 0.0f);
  e.out[row * e.ldc + n] = clamp_f32(value, e.lo, e.hi);
}

inline void store_one(const BiasClampF32& e, int64_t row, int n, float sum) {
  e.out[row * e.ldc + n] = clamp_f32(sum + (e.bias ? e.bias[n] : 0.0f), e.lo, e.hi);
}

}  // namespace octavo::kernels
