#include "autodiff/rule.h"

#include <algorithm>

#include "autodiff/gradients.h"

namespace octavo {

namespace {

const GradientRules* const kFamilies[] = {
    &kElementwiseRules, &kProductRules,  &kConvolutionRules, &kPoolingRules,   &kNormalizationRules,
    &kReductionRules,   &kMovementRules, &kRecurrentRules,   &kAttentionRules, &kQuantizationRules};

}  // namespace

const GradientRule* find_rule(const OpDef& op) {
  for (const GradientRules* family : kFamilies) {
    const auto found = std::ranges::find(*family, op.name, &GradientRule::op);
    if (found != family->end()) return &*found;
  }
  return nullptr;
}

std::vector<std::string_view> differentiable_operators() {
  std::vector<std::string_view> names;
  for (const GradientRules* family : kFamilies)
    for (const GradientRule& rule : *family) names.push_back(rule.op);
  return names;
}

}  // namespace octavo
