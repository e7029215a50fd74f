// The range that a histogram of what was seen proposes.
#pragma once

#include <vector>

#include "quant/observer.h"

namespace octavo {

inline constexpr int kMaxHistogramBins = 1 << 16;

// A histogram of `bins` equal bins spans the range of all values seen. A tensor that widens the range moves the older
// counts into the new bins, by 16 finer bins for each old one. Infinite values are left out. What follows from the
// histogram goes by ObserverOptions::kind:
//
// * histogram: PyTorch's HistogramObserver (2.8) for 8-bit types, step by step and in its precision, so that it comes
//   to the same range. It shrinks from both sides, in steps of 1e-5 of the counts from the side where that drops more
//   bins, for as long as the L2 error of quantizing the histogram to 256 levels gets smaller.
// * percentile, entropy: ONNX Runtime's calibrators (quant/percentile_range.h, quant/entropy_range.h). The bins lie
//   around 0, as theirs do, and what is proposed is cut to what was seen. For values that it sees one after the other
//   ONNX Runtime keeps the width of bins and adds others, without bound where the first are small; here their number
//   stays. Percentiles are the same then but for a bin; what entropy comes to depends on how wide bins are.
// * mse: OCTAV's Newton iteration (quant/mse_range.h).
class HistogramObserver final : public Observer {
 public:
  // `options` are in range; for `steps` see make_observer.
  HistogramObserver(const ObserverOptions& options, const Threads& threads, int steps)
      : options_(options), steps_(steps), threads_(threads), histogram_(options.bins) {}

  ValueRange range() const override;

 protected:
  void update(std::span<const float> values, ValueRange range) override;

 private:
  // Whether bins lie around 0.
  bool is_centred() const {
    return options_.kind == ObserverKind::percentile || options_.kind == ObserverKind::entropy;
  }

  ObserverOptions options_;
  int steps_;
  Threads threads_;
  std::vector<float> histogram_;
  ValueRange seen_, binned_;  // of all values; of the bins
};

}  // namespace octavo
