// The average range of the tensors seen, the latest counting most.
#pragma once

#include "quant/observer.h"

namespace octavo {

// PyTorch's MovingAverageMinMaxObserver: bound += averaging_constant * (tensor's bound - bound), in float32, starting
// with the bounds of the first tensor. An infinite value makes the range infinite or NaN.
class MovingAverageObserver final : public Observer {
 public:
  explicit MovingAverageObserver(float averaging_constant) : averaging_constant_(averaging_constant) {}

  ValueRange range() const override { return average_; }

 protected:
  void update(std::span<const float>, ValueRange range) override {
    if (average_.empty()) {
      average_ = range;
      return;
    }
    average_.min += averaging_constant_ * (range.min - average_.min);
    average_.max += averaging_constant_ * (range.max - average_.max);
  }

 private:
  float averaging_constant_;
  ValueRange average_;
};

}  // namespace octavo
