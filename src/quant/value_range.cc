#include "quant/value_range.h"

#include "ops/extremes.h"

namespace octavo {

ValueRange find_range(std::span<const float> values, const Threads& threads) {
  const auto all = find_extremes(threads, values.data(), static_cast<int64_t>(values.size()));
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  return all.has_nan ? ValueRange{kNan, kNan} : ValueRange{all.min, all.max};
}

}  // namespace octavo
