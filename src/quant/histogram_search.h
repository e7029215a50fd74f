// The part of a histogram that is worth quantizing.
#pragma once

#include <span>

#include "quant/value_range.h"

namespace octavo {

// HistogramObserver's _non_linear_param_search, which follows NormMinimization::NonlinearQuantizationParamsSearch of
// Caffe2: the sub-range of `range` whose 256 levels quantize the histogram with the least L2 error, as far as a greedy
// search finds it. `counts` are those of equal bins over `range`.
ValueRange search_range(std::span<const float> counts, ValueRange range);

}  // namespace octavo
