// Windows added up to the image that they were taken from: the transpose of gathering them.
#pragma once

#include <cstdint>

namespace octavo::kernels {

/// One spatial axis: tap t of window p lies at p * stride + t * dilation - pad, where that is in [0, image).
struct Col2ImAxis {
  int64_t image = 1, windows = 1;
  int64_t kernel = 1, stride = 1, dilation = 1, pad = 0;
};

/// image[pixel * pixel_step + c] = clamp(bias[c] + Σ columns[window * window_step + tap * tap_step + c], lo, hi) over
/// the taps of windows that lie at the pixel, in a fixed order, for c in [0, channels). Pixels, windows and taps count
/// row by row, the last axis innermost.
struct Col2Im {
  Col2ImAxis axes[3];
  int64_t window_step = 1, tap_step = 1, pixel_step = 1, channels = 1;
  const float* bias = nullptr;  ///< null for zeros
  float lo, hi;
};

/// Computes the rows [begin, end) of pixels, counted over axes 0 and 1.
void col2im(const Col2Im&, const float* columns, float* image, int64_t begin, int64_t end);

}  // namespace octavo::kernels
