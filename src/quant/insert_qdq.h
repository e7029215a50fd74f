// The last step of quantization: from a plan to a QDQ graph. PyTorch calls it `convert`.
#pragma once

#include "quant/applied.h"
#include "quant/calibrator.h"
#include "quant/gptq.h"
#include "quant/quantization_plan.h"

namespace octavo {

// What became of a weight that was to be rounded by what it is multiplied with.
struct RoundedWeight {
  OperandId operand;
  std::vector<float> scale;
  std::optional<Tensor> integers;  // nothing: those of quantize_tensor are as good
  RoundingErrors errors;
};
// Those of one calibration: networks with the same scales share them.
using RoundedWeights = std::vector<RoundedWeight>;

// Activations of integers up to less than it are clipped before they are quantized: other runtimes saturate to all of
// uint8. PyTorch's and ONNX Runtime's reduce_range does so like all 8 bits.
inline constexpr int32_t kNarrow = 127;

// A copy of plan.graph in which
//
// * each activation x of plan.values is read, by everyone, as x → QuantizeLinear → DequantizeLinear;
// * operands of RangeSource::run_time are read as x → DynamicQuantizeLinear → DequantizeLinear, which nodes share;
// * constant operands are integer constants behind DequantizeLinear;
// * a bias (s32) is an int32 constant with scale scale_x · scale_w[n] and zero_point 0. Where it would come near the
//   limits of an int32 accumulator (nearly dead channels: tiny weights, ordinary bias), scale_w[n] is enlarged until it
//   fits: such weights add next to nothing. A bias that its unit would round away, beside inputs much larger than the
//   output, stays float, and so does one whose activation or result is not quantized.
//
// Graph inputs and outputs keep their names. `calibrator` is needed where the plan observes anything. Throws
// Error(invalid_data) when a value was never observed, when its range overflows float32, and, naming node and constant,
// for weights or a bias that are NaN or infinite; Error(invalid_option), naming the node, for a plan that no operator
// computes: a range outside of the type, an axis that a constant does not have.
//
// Weights with Rounding::gptq are rounded, and biases beside weights with corrects_bias corrected, by what the
// calibrator saw of their products; `applied` is told how that went. What `roundings` has is taken from there, and what
// it has not goes there.
Graph insert_qdq(const QuantizationPlan& plan, const Calibrator* calibrator = nullptr,
                 std::vector<Applied>* applied = nullptr, RoundedWeights* roundings = nullptr);

}  // namespace octavo
