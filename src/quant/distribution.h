// How the elements of a tensor lie, float and quantized.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "quant/value_range.h"

namespace octavo {

struct Distribution {
  static constexpr int kBins = 32;

  ValueRange reference, other;
  // Share of the reference's elements that lie outside of the other's range by more than half of a 255th of it.
  double clipped = 0;
  // Elements by equal parts of the reference's range; beyond it they count at its ends.
  std::array<uint32_t, kBins> reference_counts{}, other_counts{};
};

// Of tensors of one length without NaN.
Distribution distribution_of(std::span<const float> reference, std::span<const float> other);

}  // namespace octavo
