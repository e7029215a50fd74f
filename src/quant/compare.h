// How far one tensor is from another.
#pragma once

#include <span>

namespace octavo {

struct TensorComparison {
  // Of the angle between both as vectors. Two zero vectors agree (1), one alone does not (0).
  double cosine = 1;
  // 10 log10(Σ reference² / Σ (reference - other)²); infinite when both are equal.
  double sqnr_db = 0;
  // Largest absolute difference.
  double max_abs = 0;
};

// Compares in double. NaN in either tensor makes the figures NaN. Throws Error(invalid_data) when the lengths differ.
TensorComparison compare_tensors(std::span<const float> reference, std::span<const float> other);

}  // namespace octavo
