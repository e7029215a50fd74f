// Quantization-aware training: a float network whose weights and activations are rounded as a plan says, by pairs of
// QuantizeLinear and DequantizeLinear whose scales and zero points follow the training.
//
//   QuantizationPlan plan = plan_static(graph, options);   … calibrate …
//   Trainer trainer(fake_quantize(plan, calibrator), options, {});
//   … trainer.step(…) …
//   Graph quantized = trainer.converted();
#pragma once

#include <map>
#include <vector>

#include "quant/calibrator.h"
#include "quant/quantization_plan.h"

namespace octavo {

// Scalars that each step is fed: what slots of ranges keep of themselves, and what they take of what is seen.
struct ObservingRates {
  static constexpr const char* kInputs[] = {"octavo.keep", "octavo.take", "octavo.keep_weights",
                                            "octavo.take_weights"};
  float values[4];
};
// PyTorch's averaging_constant of MovingAverageMinMaxObserver; ranges of weights are those of each step. `frozen`: they
// stay as they are.
ObservingRates observing_rates(bool frozen);

// Where scales come from.
enum class ScaleSource : uint8_t {
  observed,  // ranges: of activations a moving average, of weights those of each step
  learned,  // gradients: learned step sizes (Esser et al. 2020), from what calibration says; zero points stay
};

// Of activations, by their values in the plan's graph.
using Ranges = std::map<ValueId, ValueRange>;
// Those that were observed of what has a range of its own.
Ranges observed_ranges(const QuantizationPlan& plan, const Calibrator& calibrator);

struct FakeQuantized {
  // A scale that is trained, of the form that QuantizeLinear has for it, of a value or weight of qmax. Its gradient is multiplied with
  // 1 / √(elements · qmax), as PyTorch's _LearnableFakeQuantize has it.
  struct LearnedScale {
    ValueId scale, of;
    int32_t qmax;
    ConstantTensor start;
    std::vector<int32_t> zero_point;
  };

  QuantizationPlan plan;
  // plan.graph with the pairs, whose scales are learned or computed of state slots: of an activation its range, a
  // moving average; of a weight the largest size of each channel or block. Its inputs are those of plan.graph, then kInputs and
  // the slots', or the scales.
  Graph graph;
  std::vector<Tensor> states;     // what slot i begins with
  std::vector<ValueId> detached;  // through which no gradient flows
  // The slot of the lower end of an activation's range, of which the next is the upper end; of a weight's sizes.
  std::map<ValueId, std::size_t> ranges;
  std::map<OperandId, std::size_t> sizes;
  // ScaleSource::learned. Their scales are inputs of the graph, behind all others.
  std::vector<LearnedScale> learned;
  std::map<OperandId, std::size_t> learned_operands;  // of a weight: which of `learned`
  // The network that is trained, where plan.graph is what folding makes of it: train/unfold_normalization.h.
  Graph unfolded;
};

// A weight has one scale, or one a channel or block, symmetric; activations are asymmetric. What a plan says of biases
// and constants that are activations is left for convert(). A plan of weights alone has no ranges.
//
// Throws Error(unsupported) for zero points of weights, or ranges found at run time.
FakeQuantized fake_quantize(QuantizationPlan plan, const Ranges& ranges,
                            ScaleSource source = ScaleSource::observed);

// The plan of a quantized network that computes what the pairs did: of `trained`, plan.graph with other constants, with
// the scales and zero points given that slots, or `scales`, those of network.learned, have come to. Biases have none.
QuantizationPlan trained_plan(const FakeQuantized& network, Graph trained, std::span<const TensorView> states,
                              std::span<const TensorView> scales);

}  // namespace octavo
