#include "ops/resampling.h"

#include <cmath>

namespace octavo {

namespace {

using Coordinates = Sampling::Coordinates;
using Rounding = Sampling::Rounding;

// Where output x lies in the input.
double coordinate(Coordinates kind, const ResampledLength& l, double x) {
  const double in = static_cast<double>(l.in), length = l.scale * in, extent = in - 1;
  // A scale that stands for two sizes divides without rounding.
  const bool is_exact = l.scale == static_cast<double>(l.out) / in;
  const auto shrink = [&](double at) {
    return is_exact ? at * in / static_cast<double>(l.out) : at / l.scale;
  };
  switch (kind) {
    case Coordinates::half_pixel: return shrink(x + 0.5) - 0.5;
    case Coordinates::symmetric:
      return in / 2 * (1 - static_cast<double>(l.out) / length) + shrink(x + 0.5) - 0.5;
    case Coordinates::pytorch: return l.out > 1 ? shrink(x + 0.5) - 0.5 : 0;
    case Coordinates::corners: return length == 1 ? 0 : x * extent / (length - 1);
    case Coordinates::asymmetric: return shrink(x);
    case Coordinates::crop:
      if (length == 1) return (l.start + l.end) * extent / 2;
      return l.start * extent + x * (l.end - l.start) * extent / (length - 1);
  }
}

double round_coordinate(Rounding rounding, double x) {
  switch (rounding) {
    case Rounding::prefer_floor: return std::ceil(x - 0.5);
    case Rounding::prefer_ceil: return std::floor(x + 0.5);
    case Rounding::floor: return std::floor(x);
    case Rounding::ceil: return std::ceil(x);
  }
}

// The weight of an element that is `distance` away, by the hat function or Keys' cubic convolution.
double weight_at(const Sampling& sampling, double distance) {
  const double d = std::abs(distance), a = sampling.cubic_a;
  if (sampling.mode == Sampling::Mode::linear) return std::max(1 - d, 0.0);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

// Shrinking with antialias widens the functions.
double widening(const Sampling& sampling, double scale) {
  return sampling.antialias ? std::min(scale, 1.0) : 1;
}

// Taps up to the element at or before the coordinate.
int64_t taps_before(const Sampling& sampling, double scale) {
  const double reach = sampling.mode == Sampling::Mode::linear ? 1 : 2;
  // No axis is long enough for more.
  return static_cast<int64_t>(std::min(std::ceil(reach / widening(sampling, scale)), 0x1p32));
}

}  // namespace

int64_t taps_of(const Sampling& sampling, double scale) {
  return sampling.mode == Sampling::Mode::nearest ? 1 : 2 * taps_before(sampling, scale);
}

void make_taps(const Sampling& sampling, const ResampledLength& length, int32_t* index, float* weight) {
  const int64_t taps = taps_of(sampling, length.scale), last = length.in - 1;
  const double factor = widening(sampling, length.scale);
  for (int64_t o = 0; o < length.out; ++o, index += taps, weight += taps) {
    double x = coordinate(sampling.coordinates, length, static_cast<double>(o));
    if (sampling.coordinates == Coordinates::crop && !(x >= 0 && x <= static_cast<double>(last))) {
      *index = -1;
      continue;
    }
    x = std::clamp(x, -static_cast<double>(length.in), 2.0 * static_cast<double>(length.in));
    const auto clamped = [&](double at) {
      return static_cast<int32_t>(std::clamp(at, 0.0, static_cast<double>(last)));
    };
    if (sampling.mode == Sampling::Mode::nearest) {
      *index = clamped(round_coordinate(sampling.rounding, x));
      continue;
    }
    const int64_t before = taps / 2 - 1;
    const double first = std::floor(x) - static_cast<double>(before);
    const auto raw_weight = [&](int64_t t) {
      const double at = first + static_cast<double>(t);
      const bool is_left_out = sampling.exclude_outside && (at < 0 || at > static_cast<double>(last));
      return is_left_out ? 0 : weight_at(sampling, (at - x) * factor);
    };
    double sum = 0;
    for (int64_t t = 0; t < taps; ++t) sum += raw_weight(t);
    for (int64_t t = 0; t < taps; ++t) {
      index[t] = clamped(first + static_cast<double>(t));
      weight[t] = static_cast<float>(raw_weight(t) / sum);
    }
  }
}

}  // namespace octavo
