// Pooling over channels-last images of up to three spatial axes. A channels-first image is n·c images of one channel.
#pragma once

#include <cstdint>

namespace octavo::kernels {

/// One spatial axis: output o covers the input elements o * stride - pad_begin + tap * dilation that exist.
struct PoolAxis {
  int64_t in = 1, out = 1;
  int64_t kernel = 1, stride = 1, dilation = 1;
  int64_t pad_begin = 0, pad_end = 0;
};

/// in: [n, axes[0].in, axes[1].in, axes[2].in, c] to out: [n, axes[0].out, axes[1].out, axes[2].out, c].
struct PoolGeometry {
  int64_t n = 1, c = 1;
  PoolAxis axes[3];

  int64_t input_pixels() const { return axes[0].in * axes[1].in * axes[2].in; }
  int64_t output_pixels() const { return axes[0].out * axes[1].out * axes[2].out; }
};

/// The taps of one output along one axis that fall into the input: first_tap <= tap < end_tap, at input element
/// start + tap * dilation. `padded` counts the taps that fall into the input or its padding.
struct PoolTaps {
  int64_t start, first_tap, end_tap, padded;

  PoolTaps(const PoolAxis& axis, int64_t output);
  int64_t count() const { return end_tap - first_tap; }
};

/// out = max over the window, leaving out NaN; T is float, uint8_t or int8_t. A window without elements gives the
/// lowest value of T.
template <class T> void max_pool(const PoolGeometry&, const T* in, T* out);

/// Whether no element is in two windows.
bool has_windows_apart(const PoolGeometry&);

/// dx of max_pool, by dy: the first of the largest elements of each window gets its dy, and what overlapping windows
/// give is added up in their order. in is [n, axes…, c], as dx, which it may be where windows are apart.
void max_pool_gradient(const PoolGeometry&, const float* in, const float* dy, float* dx);

/// out = clamp(Σ window / count, lo, hi), where count is that of the window's elements, with `count_padding` also of
/// those in the padding. A window without elements gives 0.
void average_pool(const PoolGeometry&, const float* in, float* out, bool count_padding, float lo, float hi);

/// out = (Σ |x|^p)^(1/p) over the window.
void lp_pool(const PoolGeometry&, const float* in, float* out, float p);

/// out = clamp(round_half_even(float(Σ (q - in_zero_point)) * (scale_ratio / count)) + out_zero_point, qmin, qmax) with
/// scale_ratio = in_scale / out_scale, each operation in float32. Exact for windows of up to 2^23 elements.
struct AveragePoolU8 {
  int32_t in_zero_point, out_zero_point;
  int32_t qmin, qmax;
  float scale_ratio;
  bool count_padding;
  int32_t* sums;  ///< [c] scratch memory
};

void average_pool(const PoolGeometry&, const uint8_t* in, uint8_t* out, const AveragePoolU8&);

}  // namespace octavo::kernels
