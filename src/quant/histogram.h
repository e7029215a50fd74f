// Histograms with bins of equal width.
#pragma once

#include <span>
#include <vector>

#include "quant/value_range.h"

namespace octavo {

// How many of the values fall into each of `bins` equal bins between range.min and range.max, which hold all values:
// torch.histc, whose last bin includes its upper end, and which widens a range of one point by 1 on both sides. The bin
// is computed in float32 as (x - min) * bins / (max - min).
std::vector<float> count_histogram(std::span<const float> values, ValueRange range, int bins,
                                   const Threads& threads = {});

// The counts of the range `from` spread over as many bins of the range `to`, which contains it: HistogramObserver's
// _upscale_histogram. Each bin is cut into 16, and each of those goes to the bin where its centre lies.
std::vector<float> rebin_histogram(std::span<const float> counts, ValueRange from, ValueRange to);

// Where bins first..last of `bins` equal ones over `range` begin and end, in float32; of halves where the width
// overflows.
ValueRange range_of_bins(ValueRange range, int bins, int first, int last);

}  // namespace octavo
