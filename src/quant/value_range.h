// The range of values.
#pragma once

#include <limits>
#include <span>

#include "base/parallel_for.h"

namespace octavo {

// The smallest and the largest of some values.
struct ValueRange {
  float min = std::numeric_limits<float>::infinity();
  float max = -std::numeric_limits<float>::infinity();

  // True until a value was seen.
  bool empty() const { return min == std::numeric_limits<float>::infinity() && max == -min; }
  bool operator==(const ValueRange&) const = default;
};

// The range of values, PyTorch's torch.aminmax: both NaN when any value is.
ValueRange find_range(std::span<const float> values, const Threads& threads = {});

}  // namespace octavo
