// Static quantization, last step: from observed ranges to a QDQ graph. PyTorch calls it `convert`.
//
//   const StaticPlan plan = prepare_static(graph, options);
//   Calibrator calibrator(plan);
//   … run plan.observed on calibration data with &calibrator …
//   const Graph quantized = convert_static(plan, calibrator);
#pragma once

#include "graph/graph.h"
#include "quant/calibrator.h"
#include "quant/static_plan.h"

namespace octavo {

// A copy of plan.graph in which
//
// * each planned activation x is read, by everyone, as x → QuantizeLinear → DequantizeLinear in u8 (u7);
// * weights are int8 constants behind DequantizeLinear;
// * a constant bias of one value a channel n is an int32 constant behind DequantizeLinear with scale
//   scale_x · scale_w[n] and zero_point 0. Where it would come near the limits of an int32 accumulator (nearly dead
//   channels: tiny weights, ordinary bias), scale_w[n] is enlarged until it fits: such weights add next to nothing. A bias
//   that its unit would round away, beside inputs much larger than the output, stays float;
// * constant operands of arithmetic nodes are u8 constants of their own range behind DequantizeLinear.
//
// Graph inputs and outputs keep their names. Throws Error(invalid_data) when a value was never observed, when its range
// overflows float32, and, naming node and constant, for weights or a bias that are NaN or infinite.
Graph convert_static(const StaticPlan& plan, const Calibrator& calibrator);

}  // namespace octavo
