// Elementary functions in float32, without branches or tables, so that loops over them vectorise. They use basic
// operations only and therefore give the same bits on every engine.
//
// The polynomials and the splitting of ln 2 are those of the Cephes library (S. L. Moshier), single/expf.c and
// single/tanhf.c; errors are below 2 units in the last place.
#pragma once

#include <bit>
#include <cstdint>

namespace octavo::kernels {

/// e^x. Overflows to infinity, underflows gradually to 0; NaN passes through.
inline float exp_f32(float x) {
  x = x < -104.0f ? -104.0f : x;
  x = x > 89.0f ? 89.0f : x;
  // Adding 1.5 * 2^23 rounds to an integer, which then stands in the low bits: e^x = 2^n * e^r with |r| <= ln(2) / 2.
  constexpr float kRound = 12582912.0f;
  const float rounded = x * 1.44269504088896341f + kRound;
  const float n = rounded - kRound;
  const float r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  // 2^n in two factors, since n reaches from -150 to 128.
  const auto exponent =
      static_cast<int32_t>(std::bit_cast<uint32_t>(rounded) - std::bit_cast<uint32_t>(kRound));
  const int32_t half = exponent >> 1;
  const auto power = [](int32_t e) { return std::bit_cast<float>((static_cast<uint32_t>(e) + 127u) << 23); };
  return p * power(half) *
         power(static_cast<int32_t>(static_cast<uint32_t>(exponent) - static_cast<uint32_t>(half)));
}

/// |x|.
inline float abs_f32(float x) { return std::bit_cast<float>(std::bit_cast<uint32_t>(x) & 0x7fffffffu); }

/// 1 / (1 + e^-x), accurate in both tails.
inline float sigmoid_f32(float x) {
  const float e = exp_f32(-abs_f32(x));
  return (x >= 0 ? 1.0f : e) / (1.0f + e);
}

/// tanh x: a polynomial near 0, else 1 - 2 / (e^2|x| + 1).
inline float tanh_f32(float x) {
  const float z = x * x;
  float p = -5.70498872745e-3f;
  p = p * z + 2.06390887954e-2f;
  p = p * z - 5.37397155531e-2f;
  p = p * z + 1.33314422036e-1f;
  p = p * z - 3.33332819422e-1f;
  const float near = p * z * x + x;
  const float magnitude = abs_f32(x);
  const float far = 1.0f - 2.0f / (exp_f32(magnitude + magnitude) + 1.0f);
  const float signed_far = x < 0 ? -far : far;
  return magnitude < 0.625f ? near : signed_far;
}

}  // namespace octavo::kernels
