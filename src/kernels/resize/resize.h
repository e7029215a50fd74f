// Resampling along one axis of a tensor [outer, in, inner]: every output is a weighted sum of inputs along the axis, or
// one of them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace octavo::kernels {

/// From [outer, in, inner] to [outer, out, inner]. Output x has the taps [x * taps, (x + 1) * taps) of `index` and
/// `weight`; taps is even, or 1 without weights. A negative first index stands for the element `outside`.
struct ResampledAxis {
  int64_t in = 1, out = 1, inner = 1;
  int64_t taps = 1;
  const int32_t* index = nullptr;
  const float* weight = nullptr;
  const void* outside = nullptr;
};

/// Computes the rows [begin, end) of the outer × out rows of `inner` elements.
void interpolate(const ResampledAxis&, const float* in, float* out, int64_t begin, int64_t end);
/// The same for one tap, whose elements of `size` bytes (1, 2, 4 or 8) are copied.
void pick(const ResampledAxis&, const void* in, void* out, int size, int64_t begin, int64_t end);

}  // namespace octavo::kernels
