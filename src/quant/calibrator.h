// Static quantization, second step: watching a float network run on calibration data.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "graph/op_def.h"
#include "quant/observer.h"
#include "quant/quantization_plan.h"

namespace octavo {

// Give it to each run of observed_graph(plan). It keeps an observer for every observed value and no tensor.
class Calibrator final : public TensorObserver {
 public:
  explicit Calibrator(const QuantizationPlan& plan, const Threads& threads = {});

  // Throws Error(invalid_data), naming the value, when an element is NaN or infinite; nothing of that tensor is kept.
  void observe(int64_t id, const TensorView& tensor) override;

  // The observed range of a value of the plan's graph. Throws Error(invalid_data) when nothing was observed.
  ValueRange range(ValueId id) const;

 private:
  struct Entry {
    std::string name;
    std::unique_ptr<Observer> observer;
  };
  Threads threads_;
  std::map<int64_t, Entry> entries_;
};

}  // namespace octavo
