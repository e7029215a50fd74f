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
                         make_observer(spec.observer, kernels.threads, spec.qmax - spec.qmin), spec.channels};
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
  if (id >= product_ids_.channels(0))
    return observe_channels(entries_.at(id - product_ids_.channels(0)), tensor);
  if (product_ids_.is_product(id)) return observe_products(id, tensor);
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

void Calibrator::observe_products(int64_t id, const TensorView& rows) {
  const int rank = rows.shape.rank(), first = product_ids_.has_groups(id) ? rank - 3 : 0;
  Gram& gram = grams_.at(id);
  TensorView part = rows;
  part.shape = {rows.shape.elements(first, rank)};
  for (int64_t i = 0; i < rows.shape.elements(0, first); ++i) {
    gram.add(part, kernels_);
    part.data += part.bytes();
  }
}

void Calibrator::observe_channels(Entry& entry, const TensorView& tensor) {
  const Shape& shape = tensor.shape;
  const int axis = entry.channels == ObservedChannels::last_axis ? shape.rank() - 1 : 1;
  const ValueRange all = find_range(tensor.span<float>());
  if (axis < 0 || axis >= shape.rank() || !std::isfinite(all.min) || !std::isfinite(all.max)) return;
  ChannelStatistics& seen = entry.statistics;
  seen.channels.resize(static_cast<std::size_t>(shape[axis]));
  const int64_t inner = shape.elements(axis + 1, shape.rank());
  const float* x = tensor.as<float>();
  for (const float* const end = x + shape.elements(); x != end;)
    for (auto& [range, squares] : seen.channels)
      for (int64_t i = 0; i < inner; ++i) {
        const float value = *x++;
        range = {std::min(range.min, value), std::max(range.max, value)};
        squares += static_cast<double>(value) * static_cast<double>(value);
      }
  seen.rows += shape.elements() / shape[axis];
}

const ChannelStatistics* Calibrator::channels(ValueId id) const {
  const auto entry = entries_.find(id);
  return entry == entries_.end() || entry->second.statistics.rows == 0 ? nullptr : &entry->second.statistics;
}

void Calibrator::divide_value(ValueId id, std::span<const double> by) {
  Entry& entry = entries_.at(id);
  entry.observer = make_observer({.kind = ObserverKind::minmax});
  const ValueRange range = divided_range(entry.statistics, by);
  const float ends[] = {range.min, range.max};
  entry.observer->observe(ends);
}

void Calibrator::divide_products(int64_t id, std::span<const double> by) {
  if (gram(id) != nullptr) grams_.at(id).divide(by);
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
