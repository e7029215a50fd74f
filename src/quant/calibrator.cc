#include "quant/calibrator.h"

#include <cmath>

#include "base/error.h"

namespace octavo {

Calibrator::Calibrator(const QuantizationPlan& plan, const KernelPolicy& kernels)
    : kernels_(kernels), product_ids_(plan.graph) {
  for (const auto& [value, spec] : plan.values)
    if (plan.observed(value) == value)
      entries_[value] = {plan.graph[value].name,
                         make_observer(spec.observer, kernels.threads, spec.qmax - spec.qmin)};
  // One with products serves those who need sums alone.
  for (const auto keeps : {Gram::Keeps::products, Gram::Keeps::sums})
    for (const auto& [operand, spec] : plan.operands) {
      const bool is_kept =
          keeps == Gram::Keeps::products ? spec.rounding == Rounding::gptq : spec.observes_products();
      if (!is_kept) continue;
      const Node& node = plan.graph.nodes[operand.node];
      if (const auto size = product_size(plan.graph, node, node.inputs[operand.input]))
        grams_.try_emplace(product_ids_.of(plan.graph, operand), size->groups, size->depth, keeps);
    }
}

void Calibrator::observe(int64_t id, const TensorView& tensor) {
  if (product_ids_.is_product(id)) return grams_.at(id).add(tensor, kernels_);
  const auto entry = entries_.find(id);
  require(entry != entries_.end(), ErrorCode::invalid_graph, "value {} is not part of the calibration plan",
          id);
  require(tensor.dtype == DType::f32, ErrorCode::invalid_data, "'{}' is {} and not float32",
          entry->second.name, dtype_name(tensor.dtype));
  const std::span<const float> values = tensor.span<float>();
  const ValueRange range = find_range(values, kernels_.threads);
  require(values.empty() || (std::isfinite(range.min) && std::isfinite(range.max)), ErrorCode::invalid_data,
          "'{}' has a NaN or infinite value in the calibration data", entry->second.name);
  entry->second.observer->observe(values, range);
}

const Gram* Calibrator::gram(int64_t id) const {
  const auto gram = grams_.find(id);
  if (gram == grams_.end()) return nullptr;
  gram->second.finish(kernels_);
  return gram->second.rows() > 0 ? &gram->second : nullptr;
}

ValueRange Calibrator::range(ValueId id) const {
  const auto entry = entries_.find(id);
  const ValueRange range = entry == entries_.end() ? ValueRange{} : entry->second.observer->range();
  require(!range.empty(), ErrorCode::invalid_data, "no calibration data{}",
          entry == entries_.end() ? "" : text(" for '{}'", entry->second.name));
  return range;
}

}  // namespace octavo
