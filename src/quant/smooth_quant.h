// Outliers of channels, moved from activations into weights: SmoothQuant (Xiao et al. 2022, arXiv 2211.10438).
#pragma once

#include "quant/applied.h"
#include "quant/calibrator.h"
#include "quant/quantization_plan.h"

namespace octavo {

// y · W → (y / s) · (diag(s) · W),   s[k] = max|y[k]|^α / max|W[k]|^(1 - α), but 1e-5 at least
//
// for each y whose node has constants for its channels, the last axis, which take 1 / s: LayerNormalization,
// RMSNormalization, or a product with a vector, as the end of the latter is also spelt. All who read y are products
// with weights of the plan, and the maximum of W is that over all of them.

// Asks for smoothing by the exponent α, and for what that needs to be observed.
void plan_smoothing(QuantizationPlan& plan, double alpha);

// Rewrites the plan's network, and makes of the calibrator what would have seen that one, by the channels' statistics:
// there is no second calibration. y / s is quantized in the range of all its values. Smooths a plan once.
//
// A y stays as it is where that does not lessen the noise of rounding that products are to have, with Δ the steps of
// activation and weights:
//
//   Σ_n Σ_k (Δ_y² · W[k][n]² + Δ_W[n]² · mean(y[k]²)) / 12
//
// What is said to be gained is by how much less that is.
Applied smooth(QuantizationPlan& plan, Calibrator& calibrator);

}  // namespace octavo
