#include "kernels/observe/observe.h"

#include <bit>
#include <limits>

#include "kernels/vectors.h"

namespace octavo::kernels {

namespace {

using Floats = Vector<float>;
using Integers = Vector<int32_t>;

constexpr size_t kStep = lanes<float>;

// Where the elements of a block fall; n is a multiple of a vector.
void find_bins(const Bins& bins, const float* x, size_t n, int32_t* found) {
  const Floats min = splat(bins.min), count = splat(float(bins.count)), width = splat(bins.width),
               last = splat(float(bins.count - 1));
  for (size_t i = 0; i < n; i += kStep) {
    const Floats position = (load(x + i) - min) * count / width;
    const Floats whole = __builtin_elementwise_floor(select(position < last, position, last));
    // Above 2^23 floats are integers, which stand in their low bits.
    store(found + i, std::bit_cast<Integers>(whole + splat(8388608.0f)) & 0x7fffff);
  }
}

template <bool sees_nan> Extremes extremes_of(const float* x, size_t n) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  constexpr size_t chains = 4;  // independent, since a comparison takes longer than a cycle
  Floats min[chains], max[chains], nan[chains];
  for (size_t c = 0; c < chains; ++c) {
    min[c] = splat(infinity);
    max[c] = splat(-infinity);
    nan[c] = splat(0.0f);
  }
  size_t i = 0;
  for (; i + chains * kStep <= n; i += chains * kStep) {
    for (size_t c = 0; c < chains; ++c) {
      const Floats v = load(x + i + c * kStep);
      min[c] = smaller(min[c], v);
      max[c] = larger(max[c], v);
      if constexpr (sees_nan) nan[c] = select(v == v, nan[c], v);
    }
  }
  Extremes found;
  const auto see = [&](float low, float high, float maybe_nan) {
    found.min = smaller(found.min, low);
    found.max = larger(found.max, high);
    found.has_nan |= sees_nan && maybe_nan != maybe_nan;
  };
  for (size_t c = 0; c < chains; ++c) {
    float low[kStep], high[kStep], maybe_nan[kStep];
    store(low, min[c]);
    store(high, max[c]);
    store(maybe_nan, nan[c]);
    for (size_t lane = 0; lane < kStep; ++lane) see(low[lane], high[lane], maybe_nan[lane]);
  }
  for (; i < n; ++i) see(x[i], x[i], x[i]);
  return found;
}

}  // namespace

Extremes find_extremes(const float* x, size_t n) { return extremes_of<true>(x, n); }
Extremes find_extremes_of_numbers(const float* x, size_t n) { return extremes_of<false>(x, n); }

void count_bins(const Bins& bins, const float* x, size_t n, uint32_t* tables) {
  constexpr size_t block = 256;
  int32_t found[block];
  const auto table = [&](size_t i) { return tables + (i % bin_tables) * size_t(bins.count); };
  size_t at = 0;
  for (; at + block <= n; at += block) {
    find_bins(bins, x + at, block, found);
    for (size_t i = 0; i < block; i += bin_tables) {
      for (size_t t = 0; t < bin_tables; ++t) ++table(t)[found[i + t]];
    }
  }
  if (at == n) return;
  float last[block] = {};
  for (size_t i = 0; at + i < n; ++i) last[i] = x[at + i];
  find_bins(bins, last, block, found);
  for (size_t i = 0; at + i < n; ++i) ++table(i)[found[i]];
}

}  // namespace octavo::kernels
