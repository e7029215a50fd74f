// The average range of the tensors seen, the latest counting most.
#pragma once

#include <cmath>

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
    move(average_.min, range.min);
    move(average_.max, range.max);
  }

 private:
  void move(float& average, float bound) const {
    const float step = bound - average;
    if (std::isinf(step) && std::isfinite(bound) && std::isfinite(average))  // the difference alone overflows
      average = (1 - averaging_constant_) * average + averaging_constant_ * bound;
    else
      average += averaging_constant_ * step;
  }

  float averaging_constant_;
  ValueRange average_;
};

}  // namespace octavo
