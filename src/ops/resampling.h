// Where Resize samples: coordinates, taps and their weights along one axis.
#pragma once

#include "kernels/resize/resize.h"
#include "ops/parallel.h"

namespace octavo {

// The attributes of Resize.
struct Sampling {
  enum class Mode : uint8_t { nearest, linear, cubic } mode;
  enum class Coordinates : uint8_t { half_pixel, symmetric, pytorch, corners, asymmetric, crop } coordinates;
  enum class Rounding : uint8_t { prefer_floor, prefer_ceil, floor, ceil } rounding;
  bool antialias, exclude_outside;
  float cubic_a;
};

// One axis, of at least one element where `out` is not 0.
struct ResampledLength {
  int64_t in, out;
  double scale;
  double start = 0, end = 1;  // of the region, for Coordinates::crop
};

// Taps of each output: 1 of nearest, an even number otherwise.
int64_t taps_of(const Sampling& sampling, double scale);

// Writes index and weight of each tap of each output, as kernels::ResampledAxis has them.
void make_taps(const Sampling& sampling, const ResampledLength& length, int32_t* index, float* weight);

}  // namespace octavo
