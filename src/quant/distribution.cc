#include "quant/distribution.h"

#include <algorithm>
#include <cmath>

namespace octavo {

namespace {

void count(std::span<const float> values, const ValueRange& range, std::span<uint32_t> bins) {
  const double width = static_cast<double>(range.max) - range.min;
  const bool is_range = width > 0 && std::isfinite(width);
  for (const float value : values) {
    const double place = is_range ? (static_cast<double>(value) - range.min) / width : 0;
    const double last = static_cast<double>(bins.size()) - 1;
    ++bins[static_cast<std::size_t>(std::clamp(place * static_cast<double>(bins.size()), 0.0, last))];
  }
}

}  // namespace

Distribution distribution_of(std::span<const float> reference, std::span<const float> other) {
  Distribution result{.reference = find_range(reference), .other = find_range(other)};
  if (reference.empty()) return result;
  const double half_step = (static_cast<double>(result.other.max) - result.other.min) / 510;
  const auto clipped = std::ranges::count_if(reference, [&](float x) {
    return x < result.other.min - half_step || x > result.other.max + half_step;
  });
  result.clipped = static_cast<double>(clipped) / static_cast<double>(reference.size());
  count(reference, result.reference, result.reference_counts);
  count(other, result.reference, result.other_counts);
  return result;
}

}  // namespace octavo
