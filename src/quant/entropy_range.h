// The range whose levels tell the most of how values are distributed.
#pragma once

#include <span>

#include "quant/value_range.h"

namespace octavo {

// TensorRT's entropy calibration (Migacz, GTC 2017, S7310) as ONNX Runtime's CalibrationMethod.Entropy computes it
// (HistogramCollector.get_entropy_threshold of quantization/calibrate.py): of all ranges of bins around the middle one,
// down to 64 bins at either side, that with the least divergence
//
//   KL(P ‖ Q) = Σ p[i] · log(p[i] / q[i])
//
// where P are the counts within, its first and last bin with all beyond them, and Q what 128 levels make of the counts
// within: each spreads the mean, rounded down, of what it holds over its bins; bins that are no multiple of 128 count
// in the last one and are themselves 0. Both are smoothed, 0 becoming 1e-4 at the expense of the others, and then sum
// to 1.
//
// `counts` are those of equal bins over `range`, which lies around 0; of fewer than 128 all are taken.
ValueRange find_entropy_range(std::span<const float> counts, ValueRange range);

}  // namespace octavo
