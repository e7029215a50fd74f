// The range that quantizes with the least squared error.
#pragma once

#include <span>

#include "quant/value_range.h"

namespace octavo {

// OCTAV (Sakr et al. 2022, arXiv 2206.06501) for ranges whose ends are apart. What rounding and clipping to a <= 0 <= b
// in `steps` steps cost is
//
//   J(a, b) = (b - a)² / (12 · steps²) · |{x : a <= x <= b, x != 0}| + Σ_{x > b} (x - b)² + Σ_{x < a} (a - x)²
//
// and Newton's step to where its derivatives are 0, with the first count as it is, in each end by itself
//
//   b ← (Σ_{x > b} x + k · a) / (|{x > b}| + k)    a ← (Σ_{x < a} x + k · b) / (|{x < a}| + k)
//   k = |{x : a <= x <= b, x != 0}| / (12 · steps²)
//
// For -a = b that is the paper's. It starts at 0, from where it comes nearer without passing, since the derivative of
// each end is concave.
//
// `counts` are those of equal bins over `range`. Values count as the end of their bin that is farther from 0, so that
// the extremes are values, too; within a..b those of the bin around 0 count as 0, which is rounded by nothing.
ValueRange find_mse_range(std::span<const float> counts, ValueRange range, int steps);

}  // namespace octavo
