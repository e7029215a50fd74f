// Rounding as the quantization equations want it, in a form that compilers turn into vectors.
#pragma once

#include <bit>
#include <cstdint>

namespace octavo::kernels {

/// round_half_even(x) for |x| < 2^22: adding 1.5·2^23 leaves no bits for the fraction, and the integer in the low bits.
inline int32_t round_half_even(float x) { return std::bit_cast<int32_t>(x + 12582912.0f) - 0x4B400000; }

/// min(max(x, lo), hi); NaN passes through.
inline float clamp(float x, float lo, float hi) {
  x = x < lo ? lo : x;
  return hi < x ? hi : x;
}

/// clamp(round_half_even(x) + zero_point, qmin, qmax). Clamping first gives the same, as the bounds are integers.
/// |zero_point|, |qmin| and |qmax| are below 2^21; x is not NaN.
inline int32_t round_and_clamp(float x, int32_t zero_point, int32_t qmin, int32_t qmax) {
  return round_half_even(clamp(x, float(qmin - zero_point), float(qmax - zero_point))) + zero_point;
}

}  // namespace octavo::kernels
