// Where quantization-aware training goes on from: a network that was quantized after training.
#pragma once

#include "base/kernel_policy.h"
#include "quant/quantization_plan.h"
#include "train/fake_quantize.h"

namespace octavo {

// Makes plan.graph the network that `quantized`, made of the same one, computes with, and gives the ranges to which that
// rounds activations:
//
// * float32 constants become what the quantized network has in their places: integers, times their scales, and what was
//   corrected, equalized or smoothed.
// * a weight whose integers are of the plan's bits and axis keeps their scales (QuantSpec::given), with which rounding
//   gives the same integers. One of other bits has its scales chosen anew.
//
// Nodes are known by the names of what they compute. Throws Error(invalid_option), naming a value or constant, for a
// network that has none for it.
Ranges take_over(QuantizationPlan& plan, const Graph& quantized, const KernelPolicy& kernels);

}  // namespace octavo
