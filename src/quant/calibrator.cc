#include "quant/calibrator.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace octavo {

ValueRange divided_range(const ChannelStatistics& statistics, std::span<const double> by) {
  ValueRange all;
  for (std::size_t k = 0; k < by.size(); ++k) {
    const ValueRange& range = statistics.channels[k].range;
    all = {std::min(all.min, static_cast<float>(range.min / by[k])),
           std::max(all.max, static_cast<float>(range.max / by[k]))};
  }
  return all;
}

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
  for (const auto& [operand, spec] : plan.operands) {
    const Node& node = plan.graph.nodes[operand.node];
    const auto entry = entries_.find(node.inputs[0]);
    if (spec.is_smoothed && entry != entries_.end())
      if (const auto size = product_size(plan.graph, node, node.inputs[operand.input]))
        entry->second.statistics.channels.resize(static_cast<std::size_t>(size->depth));
  }
}

void Calibrator::observe(int64_t id, const TensorView& tensor) {
  if (product_ids_.is_product(id)) {
    const auto entry = entries_.find(id - product_ids_.values);
    if (entry != entries_.end()) observe_channels(entry->second.statistics, tensor);
    return grams_.at(id).add(tensor, kernels_);
  }
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

void Calibrator::observe_channels(ChannelStatistics& statistics, const TensorView& rows) {
  if (statistics.channels.empty()) return;
  const std::span<const float> values = rows.span<float>();
  const ValueRange all = find_range(values);
  if (!std::isfinite(all.min) || !std::isfinite(all.max)) return;
  const int64_t count = std::ssize(values) / std::ssize(statistics.channels);
  const float* x = values.data();
  for (int64_t row = 0; row < count; ++row)
    for (auto& [range, squares] : statistics.channels) {
      range = {std::min(range.min, *x), std::max(range.max, *x)};
      const double value = *x++;
      squares += value * value;
    }
  statistics.rows += count;
}

const ChannelStatistics* Calibrator::channels(ValueId id) const {
  const auto entry = entries_.find(id);
  return entry == entries_.end() || entry->second.statistics.rows == 0 ? nullptr : &entry->second.statistics;
}

void Calibrator::divide(ValueId id, std::span<const double> by) {
  Entry& entry = entries_.at(id);
  entry.observer = make_observer({.kind = ObserverKind::minmax});
  const ValueRange range = divided_range(entry.statistics, by);
  const float ends[] = {range.min, range.max};
  entry.observer->observe(ends);
  const int64_t product = product_ids_.values + int64_t{id};
  if (gram(product) != nullptr) grams_.at(product).divide(by);
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
