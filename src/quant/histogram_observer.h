// The range that quantizes what was seen with the least squared error.
#pragma once

#include <vector>

#include "quant/observer.h"

namespace octavo {

inline constexpr int kMaxHistogramBins = 1 << 16;

// PyTorch's HistogramObserver (2.8) for 8-bit types, step by step and in its precision, so that it comes to the same
// range. Infinite values are left out.
//
// A histogram of `bins` equal bins spans the range of all values seen. A tensor that widens the range moves the older
// counts into the new bins, by 16 finer bins for each old one. At the end the range shrinks from both sides, in steps
// of 1e-5 of the counts from the side where that drops more bins, for as long as the L2 error of quantizing the
// histogram to 256 levels gets smaller.
class HistogramObserver final : public Observer {
 public:
  explicit HistogramObserver(int bins = 2048, const Threads& threads = {})
      : histogram_(bins), threads_(threads) {}

  ValueRange range() const override;

 protected:
  void update(std::span<const float> values, ValueRange range) override;

 private:
  std::vector<float> histogram_;
  ValueRange seen_;
  Threads threads_;
};

}  // namespace octavo
