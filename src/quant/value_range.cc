#include "quant/value_range.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace octavo {

ValueRange find_range(std::span<const float> values) {
  // Blocks of a fixed length, with a running result a lane: loops that compilers turn into SIMD also at -Os.
  constexpr std::size_t kLanes = 16;
  float min[kLanes], max[kLanes];
  uint32_t has_nan[kLanes] = {};
  std::fill_n(min, kLanes, std::numeric_limits<float>::infinity());
  std::fill_n(max, kLanes, -std::numeric_limits<float>::infinity());
  const auto see = [&](std::size_t lane, float x) {
    min[lane] = x < min[lane] ? x : min[lane];
    max[lane] = x > max[lane] ? x : max[lane];
    has_nan[lane] |= uint32_t{x != x};
  };
  std::size_t i = 0;
  for (; i + kLanes <= values.size(); i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) see(lane, values[i + lane]);
  for (; i < values.size(); ++i) see(0, values[i]);

  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  if (std::ranges::count(has_nan, 0u) != kLanes) return {kNan, kNan};
  return {*std::ranges::min_element(min), *std::ranges::max_element(max)};
}

}  // namespace octavo
