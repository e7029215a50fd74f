// One calibration, many networks: a plan of a part of what another plan has observed.
#pragma once

#include "quant/calibrator.h"
#include "quant/options.h"
#include "quant/quantization_plan.h"

namespace octavo {

enum class PlanPart : uint8_t { all, weights, activations };

// Of all that is quantized.
struct PlanSubset {
  std::vector<std::string> only;     // names of nodes; empty: all
  std::vector<std::string> exclude;  // names of nodes that stay float
  PlanPart part = PlanPart::all;     // what of these nodes
};

// As plan_static plans the nodes of the subset, of what `calibrated` has observed: of its graph, and with the ranges that
// it has. A value between a node that stays float and its clamp has none, and stays float.
//
// Throws what plan_static throws.
QuantizationPlan partial_plan(const QuantizationPlan& calibrated, const Calibrator& calibrator,
                              const StaticOptions& options, const PlanSubset& subset);

}  // namespace octavo
