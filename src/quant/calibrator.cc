#include "quant/calibrator.h"

#include <cmath>

#include "base/error.h"

namespace octavo {

Calibrator::Calibrator(const QuantizationPlan& plan, const Threads& threads) : threads_(threads) {
  for (const auto& [value, spec] : plan.values)
    if (plan.observed(value) == value)
      entries_[value] = {plan.graph[value].name, make_observer(spec.observer, threads)};
}

void Calibrator::observe(int64_t id, const TensorView& tensor) {
  const auto entry = entries_.find(id);
  require(entry != entries_.end(), ErrorCode::invalid_graph, "value {} is not part of the calibration plan",
          id);
  require(tensor.dtype == DType::f32, ErrorCode::invalid_data, "'{}' is {} and not float32",
          entry->second.name, dtype_name(tensor.dtype));
  const std::span<const float> values = tensor.span<float>();
  const ValueRange range = find_range(values, threads_);
  require(values.empty() || (std::isfinite(range.min) && std::isfinite(range.max)), ErrorCode::invalid_data,
          "'{}' has a NaN or infinite value in the calibration data", entry->second.name);
  entry->second.observer->observe(values, range);
}

ValueRange Calibrator::range(ValueId id) const {
  const auto entry = entries_.find(id);
  const ValueRange range = entry == entries_.end() ? ValueRange{} : entry->second.observer->range();
  require(!range.empty(), ErrorCode::invalid_data, "no calibration data{}",
          entry == entries_.end() ? "" : text(" for '{}'", entry->second.name));
  return range;
}

}  // namespace octavo
