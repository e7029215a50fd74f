// Elementary functions in float32 without branches or tables: of one float, or of a Vector<float>. They use basic
// operations only and therefore give the same bits on every engine.
//
// The polynomials and the splitting of ln 2 are those of the Cephes library (S. L. Moshier), single/expf.c,
// single/logf.c and single/tanhf.c; errors are below 2 units in the last place.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#include "kernels/vectors.h"

namespace octavo::kernels {

/// The 32-bit integers behind a float or a vector of floats.
template <class V> struct IntegersOf {
  using type = int32_t;
};
#if OCTAVO_SIMD
template <> struct IntegersOf<Vector<float>> {
  using type = Vector<int32_t>;
};
#endif
template <class V> using Integers = typename IntegersOf<V>::type;

/// Integers as floats.
template <class V> inline V to_float(Integers<V> x) {
#if OCTAVO_SIMD
  if constexpr (!std::is_same_v<V, float>) return __builtin_convertvector(x, V);
#endif
  if constexpr (std::is_same_v<V, float>) return static_cast<float>(x);
}

/// `x` in each lane.
template <class V> inline V all(float x) { return x - V{}; }

/// e^x. Overflows to infinity, underflows gradually to 0; NaN passes through.
template <class V> inline V exp_f32(V x) {
  using Exponent = Integers<V>;
  x = clamp_between(x, all<V>(-104.0f), all<V>(89.0f));
  // Adding 1.5 * 2^23 rounds to an integer, which then stands in the low bits: e^x = 2^n * e^r with |r| <= ln(2) / 2.
  constexpr float kRound = 12582912.0f;
  const V rounded = x * 1.44269504088896341f + kRound;
  const V n = rounded - kRound;
  const V r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  V p = 1.9875691500e-4f * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  // 2^n in two factors, since n reaches from -150 to 128. The integer of a NaN is of no meaning: the product stays NaN.
  const Exponent exponent = (std::bit_cast<Exponent>(rounded) & 0x007fffff) - 0x00400000;
  const Exponent half = exponent >> 1;
  const auto power = [](Exponent e) { return std::bit_cast<V>((e + 127) << 23); };
  return p * power(half) * power(exponent - half);
}

/// ln x: of 0 it is -infinity, of negative numbers NaN; NaN passes through.
template <class V> inline V log_f32(V x) {
  // Numbers below the least normal one are scaled up.
  const auto is_small = x < 1.17549435e-38f;
  const V scaled = select(x > 0.0f, select(is_small, x * 8388608.0f, x), all<V>(1.0f));
  // x = 2^e * m, m in [sqrt(1/2), sqrt(2)): the offset makes the exponent change at sqrt(1/2).
  const auto bits = std::bit_cast<Integers<V>>(scaled) - 0x3f3504f3;
  const V m = std::bit_cast<V>((bits & 0x007fffff) + 0x3f3504f3);
  const V e = to_float<V>(bits >> 23) - select(is_small, all<V>(23.0f), all<V>(0.0f));
  const V r = m - 1.0f, z = r * r;
  V p = 7.0376836292e-2f * r - 1.1514610310e-1f;
  p = p * r + 1.1676998740e-1f;
  p = p * r - 1.2420140846e-1f;
  p = p * r + 1.4249322787e-1f;
  p = p * r - 1.6668057665e-1f;
  p = p * r + 2.0000714765e-1f;
  p = p * r - 2.4999993993e-1f;
  p = p * r + 3.3333331174e-1f;
  const V y = (p * r * z + e * -2.12194440e-4f - 0.5f * z + r) + e * 0.693359375f;
  const V infinity = all<V>(__builtin_inff());
  return select(x > 0.0f, select(x < infinity, y, x),
                select(x == 0.0f, -infinity, all<V>(__builtin_nanf(""))));
}

/// |x|.
template <class V> inline V abs_f32(V x) {
  return std::bit_cast<V>(std::bit_cast<Integers<V>>(x) & 0x7fffffff);
}

/// The error function: x times a rational function of x^2, fitted to a relative error of 3e-7, which is exactly 1 at
/// the bound and beyond.
template <class V> inline V erf_f32(V x) {
  x = clamp_between(x, all<V>(-3.9400084f), all<V>(3.9400084f));
  const V z = x * x;
  V p = 2.0339933e-06f * z + 0.00028473706f;
  p = p * z + 0.003793432f;
  p = p * z + 0.052831415f;
  p = p * z + 0.19115648f;
  p = p * z + 1.1283791f;
  V q = 3.791796e-05f * z + 0.001167859f;
  q = q * z + 0.015025339f;
  q = q * z + 0.11440415f;
  q = q * z + 0.50274074f;
  q = q * z + 1.0f;
  return x * p / q;
}

/// 1 / (1 + e^-x), accurate in both tails.
template <class V> inline V sigmoid_f32(V x) {
  const V e = exp_f32(-abs_f32(x));
  return select(x >= 0.0f, all<V>(1.0f), e) / (1.0f + e);
}

/// tanh x: a polynomial near 0, else 1 - 2 / (e^2|x| + 1).
template <class V> inline V tanh_f32(V x) {
  const V z = x * x;
  V p = -5.70498872745e-3f * z + 2.06390887954e-2f;
  p = p * z - 5.37397155531e-2f;
  p = p * z + 1.33314422036e-1f;
  p = p * z - 3.33332819422e-1f;
  const V near = p * z * x + x;
  const V magnitude = abs_f32(x);
  const V far = 1.0f - 2.0f / (exp_f32(magnitude + magnitude) + 1.0f);
  return select(magnitude < 0.625f, near, select(x < 0.0f, -far, far));
}

}  // namespace octavo::kernels
