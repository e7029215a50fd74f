// Rows of float32 brought to mean 0 and variance 1, the normalizations of layers, groups and instances; and channels
// scaled and shifted, what is left of a normalization whose mean and variance are known.
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
/// depend on the instruction set, and the variance about the mean, so that an offset of the whole row costs no
/// accuracy.
void normalize_f32(const NormF32&, const float* x, float* y, int64_t begin, int64_t end);

/// y = clamp(x * factor[c] + offset[c], lo, hi), of x and y as [rows, channels, inner]; NaN passes through.
struct ScaleChannelsF32 {
  int64_t channels, inner;
  const float *factor, *offset;
  float lo, hi;

  /// What a call counts: a run of elements of one channel or, where inner is 1, of all channels.
  int64_t run_length() const { return inner == 1 ? channels : inner; }
};

/// The runs [begin, end) of x and y, which may be the same memory.
void scale_channels_f32(const ScaleChannelsF32&, const float* x, float* y, int64_t begin, int64_t end);

}  // namespace octavo::kernels
