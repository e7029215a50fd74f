// What observers ask of the tensors that they see: extremes and histograms, in one pass each.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace octavo::kernels {

struct Extremes {
  float min = std::numeric_limits<float>::infinity(), max = -min;  ///< as they are without any number
  bool has_nan = false;
};

Extremes find_extremes(const float* x, size_t n);
/// The same, with `has_nan` left false: dynamic quantization, which passes over NaN, is 3 % faster by it.
Extremes find_extremes_of_numbers(const float* x, size_t n);

/// Of what both have seen.
inline Extremes joined(const Extremes& a, const Extremes& b) {
  return {std::min(a.min, b.min), std::max(a.max, b.max), a.has_nan || b.has_nan};
}

/// Bins of equal width: x falls into min(floor((x - min) * count / width), count - 1), each operation in float32. A
/// position that is NaN, where the width overflows, counts in the last bin. 2 <= count <= 2^22.
struct Bins {
  float min, width;
  int count;
};

/// Tables of `count` counters that count_bins needs: neighbours often fall into the same bin, and with tables of their
/// own they do not wait for each other's increment.
inline constexpr int bin_tables = 4;

/// Adds the n values, none below `min`, to the counters. Their sum over the tables is the histogram.
void count_bins(const Bins& bins, const float* x, size_t n, uint32_t* tables);

}  // namespace octavo::kernels
