// What clamps and fake quantizers pass on of a gradient.
#pragma once

#include <cstddef>

namespace octavo::kernels {

struct Bounds {
  float low, high;
};

/// out[i] = dy[i] where low <= x[i] <= high, else 0, also where x[i] is NaN.
void mask(const Bounds&, const float* dy, const float* x, size_t n, float* out);

/// The same of round_half_even(x[i] / scale).
void mask_rounded(const Bounds&, float scale, const float* dy, const float* x, size_t n, float* out);

}  // namespace octavo::kernels
