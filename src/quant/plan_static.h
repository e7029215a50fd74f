// Static quantization, first step: what to quantize and what to observe for it. PyTorch calls it `prepare`.
#pragma once

#include "quant/options.h"
#include "quant/quantization_plan.h"

namespace octavo {

// Decides by QuantRule what to quantize in a simplified float graph. Of each selected node
//
// * the float32 activations, and its result. A clamp that alone reads such a result belongs to the node: not the value
//   between them is quantized, but the clamp's output. op_types does not matter for such a clamp.
// * the weight, int8; a bias of one value a channel, int32.
// * a float32 constant in the place of an activation, u8 of its own range.
// * where elements of a quantized input are moved: the output, with the input's range.
//
// Throws what NodeSelection and make_observer throw.
QuantizationPlan plan_static(const Graph& graph, const StaticOptions& options);

}  // namespace octavo
