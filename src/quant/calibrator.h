// Static quantization, second step: watching a float network run on calibration data.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "graph/op_def.h"
#include "quant/gram.h"
#include "quant/observer.h"
#include "quant/products.h"
#include "quant/quantization_plan.h"

namespace octavo {

// What was seen of the channels of a value, in so many rows.
struct ChannelStatistics {
  struct Channel {
    ValueRange range;
    double squares = 0;  // Σ x²
  };
  std::vector<Channel> channels;
  int64_t rows = 0;
};

// The range of all channels, each divided by its number.
ValueRange divided_range(const ChannelStatistics& statistics, std::span<const double> by);

// Give it to each run of observed_graph(plan). It keeps an observer for every observed value, a Gram for what weights
// are multiplied with where their spec needs that, what it is asked for of channels, and no tensor.
class Calibrator final : public TensorObserver {
 public:
  explicit Calibrator(const QuantizationPlan& plan, const KernelPolicy& kernels = {});

  // Throws Error(invalid_data), naming the value, when an element is NaN or infinite; nothing of that tensor is kept.
  void observe(int64_t id, const TensorView& tensor) override;

  // The observed range of a value of the plan's graph. Throws Error(invalid_data) when nothing was observed.
  ValueRange range(ValueId id) const;
  // What was seen of what weights are multiplied with, by ProductIds; null where nothing was.
  const Gram* gram(int64_t id) const;
  // What was seen of a value's channels, by QuantSpec::channels; null where nothing was.
  const ChannelStatistics* channels(ValueId id) const;
  // As if such a value had been divided by `by`, channel by channel, and had the range of all that was seen.
  void divide_value(ValueId id, std::span<const double> by);
  // The same for what weights are multiplied with, by ProductIds.
  void divide_products(int64_t id, std::span<const double> by);
  const Threads& threads() const { return kernels_.threads; }

 private:
  struct Entry {
    std::string name;
    std::unique_ptr<Observer> observer;
    ObservedChannels channels = ObservedChannels::none;
    ChannelStatistics statistics = {};
  };
  static void observe_channels(Entry& entry, const TensorView& tensor);
  // rows: […, groups, rows, depth] or, of one group, with the depth last.
  void observe_products(int64_t id, const TensorView& rows);

  KernelPolicy kernels_;
  std::map<int64_t, Entry> entries_;
  ProductIds product_ids_;
  mutable std::map<int64_t, Gram> grams_;  // of sums that are complete once somebody asks
};

}  // namespace octavo
