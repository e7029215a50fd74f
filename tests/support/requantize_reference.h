// Requantization as docs/design.md states it, for one number.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "tensor/qparams.h"

namespace octavo::test {

// One scale for a uint8 tensor.
inline QParams u8_qparams(float scale, int32_t zero_point, int32_t qmin = 0, int32_t qmax = 255) {
  return {.scale = {scale}, .zero_point = {zero_point}, .axis = -1, .qmin = qmin, .qmax = qmax};
}

// clamp(round_half_even(x) + zero_point, qmin, qmax)
inline uint8_t round_to_u8(float x, const QParams& out) {
  const double q = std::nearbyint(static_cast<double>(x)) + out.zero_point[0];
  return static_cast<uint8_t>(std::clamp<double>(q, out.qmin, out.qmax));
}

// float32(x_scale * w_scale / y_scale), computed in float64.
inline float multiplier(float x_scale, float w_scale, float y_scale) {
  return static_cast<float>(double(x_scale) * w_scale / y_scale);
}

// clamp(round_half_even(float(acc) * multiplier) + zero_point, qmin, qmax)
inline uint8_t requantize(int64_t acc, float multiplier, const QParams& out) {
  return round_to_u8(static_cast<float>(acc) * multiplier, out);
}

}  // namespace octavo::test
