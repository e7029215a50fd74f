// Rows of float32 brought to mean 0 and variance 1: the normalizations of layers, groups and instances.
#pragma once

#include <cstdint>

namespace octavo::kernels {

/// x and y are [rows, channels, inner], each row normalized by itself:
///   y = (x - mean) / sqrt(variance + epsilon) * scale[c] + bias[c]
/// with the channel c of the row's group, which is row % groups: scale and bias are [groups, channels], null for 1 and
/// 0. Without `centers` the mean counts as 0: the root of the mean square.
struct NormF32 {
  int64_t groups, channels, inner;
  const float *scale, *bias;
  float epsilon;
  bool centers;
  float *mean, *inverse_deviation;  ///< [rows] what was found, either null where nobody asks
};

/// Normalizes rows [begin, end) of x and y, which may be the same memory. Sums are taken in an order that does not
/// depend on the instruction set, and the variance about the mean, so that an offset of the whole row costs no accuracy.
void normalize_f32(const NormF32&, const float* x, float* y, int64_t begin, int64_t end);

}  // namespace octavo::kernels
