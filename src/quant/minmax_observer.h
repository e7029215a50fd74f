// The range of everything seen.
#pragma once

#include <algorithm>

#include "quant/observer.h"

namespace octavo {

// PyTorch's MinMaxObserver. An infinite value makes the range infinite.
class MinMaxObserver final : public Observer {
 public:
  ValueRange range() const override { return seen_; }

 protected:
  void update(std::span<const float>, ValueRange range) override {
    seen_ = {std::min(seen_.min, range.min), std::max(seen_.max, range.max)};
  }

 private:
  ValueRange seen_;
};

}  // namespace octavo
