// Gradient rules: rows of tables, a table for each family of operators in rules/.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "autodiff/backward.h"

namespace octavo {

// How gradients go through an operator. Of `g`, the gradient of the loss by the node's output, rules make those by its
// inputs.
struct GradientRule {
  std::string_view op;
  // By input, empty where another rule says it or nothing flows: see Backward::formula. The result is fitted to the
  // input's shape.
  std::string_view formulas[3] = {};
  // Gives what formulas do not.
  void (*differentiate)(Backward&) = nullptr;
  // Bit i: nothing flows through input i, which counts as constant.
  uint32_t stops = 0;
  // Why there is no gradient of that node; empty where there is. Shapes are static.
  std::string (*obstacle)(const Graph&, const Uses&, const Node&) = nullptr;
  // The operator told in others, whose rules apply: gives all outputs by Backward::become.
  void (*spell)(Backward&) = nullptr;
};

// `stops` of functions that are constant almost everywhere.
inline constexpr uint32_t kStopsAll = ~uint32_t{0};

using GradientRules = std::span<const GradientRule>;
extern const GradientRules kElementwiseRules, kProductRules, kConvolutionRules, kPoolingRules,
    kNormalizationRules, kReductionRules, kMovementRules, kRecurrentRules, kAttentionRules,
    kQuantizationRules;

// The rule of that operator, or null.
const GradientRule* find_rule(const OpDef& op);

}  // namespace octavo
