#include "quant/value_range.h"

#include "kernels/observe/observe.h"

namespace octavo {

ValueRange find_range(std::span<const float> values) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  const kernels::Extremes found = kernels::find_extremes(values.data(), values.size());
  return found.has_nan ? ValueRange{kNan, kNan} : ValueRange{found.min, found.max};
}

}  // namespace octavo
