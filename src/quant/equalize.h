// Cross-layer equalization (Nagel et al. 2019, Data-Free Quantization, arXiv 1906.04721).
#pragma once

#include "quant/applied.h"
#include "quant/calibrator.h"
#include "quant/quantization_plan.h"

namespace octavo {

// Conv(x, W1, b1) = y,  Conv(clamp(y), W2)  →  Conv(x, W1 / s, b1 / s),  Conv(clamp(y / s), W2 · s)
//
//   s[i] = √(r1[i] · r2[i]) / r2[i],   r1[i] = max|W1[i]|,   r2[i] = max|W2[·][i]|
//
// for each channel i between two convolutions, depthwise ones among them, where nobody else reads y; over and over,
// until all have settled. There may be a Relu between, or a Clip from 0. One with an upper bound B, Relu6, stays as it
// is, for one bound is what integers are clamped to: s[i] is at least max(y[i]) / B, so that calibration data come no
// nearer to it, and 1 where they have reached it.

// Asks for equalization, and for what it needs to be observed.
void plan_equalization(QuantizationPlan& plan);

// Rewrites the plan's network, and makes of the calibrator what would have seen that one, by the channels' statistics:
// y / s is quantized in the range of all its values. Pairs are left out until of each the noise of rounding that the
// second product is to have gets less, with Δ the steps of y and of weights:
//
//   Σ W2² · (Δ_y² + Δ_W1² · Σ mean(x²)) / 12 + Δ_W2² · Σ mean(y²) / 12
//
// What is said to be gained is by how much less that is. Equalizes a plan once.
Applied equalize(QuantizationPlan& plan, Calibrator& calibrator);

}  // namespace octavo
