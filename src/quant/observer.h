// What calibration keeps of the tensors that it sees.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "quant/value_range.h"

namespace octavo {

// Collects statistics of one value over many runs and proposes the range to quantize. Tensors without elements are
// ignored. What is NaN throws Error(invalid_data); what is infinite is treated as the PyTorch observer of the same
// name does.
class Observer {
 public:
  virtual ~Observer() = default;

  void observe(std::span<const float> values) { observe(values, find_range(values)); }
  // The same for a caller that has `range`, which is find_range(values), already.
  void observe(std::span<const float> values, ValueRange range);

  // The range to quantize; empty when nothing was seen.
  virtual ValueRange range() const = 0;

 protected:
  // `values` has elements, none of them NaN.
  virtual void update(std::span<const float> values, ValueRange range) = 0;
};

enum class ObserverKind : uint8_t { minmax, moving_average, histogram, percentile, entropy, mse };

struct ObserverOptions {
  ObserverKind kind = ObserverKind::histogram;
  float averaging_constant = 0.01f;  // moving_average: weight of the newest tensor, in (0, 1]
  int bins = 2048;                   // histogram, percentile, entropy, mse: 2 to kMaxHistogramBins
  double percentile = 99.999;        // percentile: of the values, in (0, 100]
};

// `steps`: into how many the range will be divided, qmax - qmin. Throws Error(invalid_option), naming the option, when
// one is out of range.
std::unique_ptr<Observer> make_observer(const ObserverOptions& options, const Threads& threads = {},
                                        int steps = 255);

}  // namespace octavo
