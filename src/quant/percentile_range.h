// The range of most values.
#pragma once

#include <span>

#include "quant/value_range.h"

namespace octavo {

// ONNX Runtime's CalibrationMethod.Percentile (HistogramCollector.compute_percentile of quantization/calibrate.py):
// with F(i) the part of the values in bins 0..i, and c = (1 - percentile / 100) / 2, which is cut at either end,
//
//   from where the first bin with F(i) >= c begins   to where the first bin with F(i) > 1 - c begins
//
// or to the end, where there is no such bin. `counts` are those of equal bins over `range`.
ValueRange find_percentile_range(std::span<const float> counts, ValueRange range, double percentile);

}  // namespace octavo
