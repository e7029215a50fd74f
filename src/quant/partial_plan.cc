#include "quant/partial_plan.h"

#include "quant/plan_static.h"

namespace octavo {

namespace {

bool is_constant(const QuantSpec& spec) { return spec.source == RangeSource::constant; }

// Values that had the range of another one have it still, without it.
void give_ranges(QuantizationPlan& plan, const QuantizationPlan& calibrated, const Calibrator& calibrator) {
  const auto has_range = [&](ValueId id) { return calibrated.values.contains(id); };
  std::erase_if(plan.values, [&](const auto& each) { return !has_range(plan.observed(each.first)); });
  for (auto& [id, spec] : plan.values) {
    const ValueId observed = calibrated.observed(id);
    if (plan.observed(id) == id && observed != id)
      spec.given = choose_activation_qparams(calibrator.range(observed), spec.qmin, spec.qmax);
  }
}

}  // namespace

QuantizationPlan partial_plan(const QuantizationPlan& calibrated, const Calibrator& calibrator,
                              const StaticOptions& options, const PlanSubset& subset) {
  StaticOptions partial = options;
  partial.only = subset.only;
  partial.exclude.insert(partial.exclude.end(), subset.exclude.begin(), subset.exclude.end());
  // The graph has been rewritten as these say.
  partial.equalize = false;
  partial.smoothing = 0;
  QuantizationPlan plan = plan_static(calibrated.graph, partial);
  give_ranges(plan, calibrated, calibrator);
  if (subset.part == PlanPart::activations)
    std::erase_if(plan.operands, [](const auto& each) { return is_constant(each.second); });
  if (subset.part == PlanPart::weights) {
    plan.values.clear();
    std::erase_if(plan.operands, [](const auto& each) {
      return !is_constant(each.second) || each.second.dtype != DType::s8;
    });
  }
  return plan;
}

}  // namespace octavo
