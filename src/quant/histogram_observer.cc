#include "quant/histogram_observer.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "quant/histogram.h"
#include "quant/histogram_search.h"

namespace octavo {

namespace {

// Adds the counts of the range `from` to those of the wider range `to`: PyTorch's _combine_histograms.
void add_moved(std::vector<float>& counts, ValueRange to, const std::vector<float>& older, ValueRange from) {
  if (from.min != from.max) {
    const std::vector<float> moved = rebin_histogram(older, from, to);
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += moved[i];
    return;
  }
  // PyTorch weighs a constant past with the number of the new values, not of the old ones.
  double weight = 0;
  for (float count : counts) weight += count;
  const std::vector<float> moved = count_histogram({&from.min, 1}, to, static_cast<int>(counts.size()));
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += moved[i] * static_cast<float>(weight);
}

}  // namespace

void HistogramObserver::update(std::span<const float> values, ValueRange range) {
  if (std::isinf(range.min) || std::isinf(range.max)) {
    std::vector<float> finite;
    std::ranges::copy_if(values, std::back_inserter(finite), [](float x) { return std::isfinite(x); });
    if (!finite.empty()) update(finite, find_range(finite));
    return;
  }
  const ValueRange wider = {std::min(seen_.min, range.min), std::max(seen_.max, range.max)};
  std::vector<float> counts = count_histogram(values, wider, static_cast<int>(histogram_.size()), threads_);
  if (wider == seen_)
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += histogram_[i];
  else if (!seen_.empty())
    add_moved(counts, wider, histogram_, seen_);
  histogram_ = std::move(counts);
  seen_ = wider;
}

ValueRange HistogramObserver::range() const {
  return seen_.empty() ? seen_ : search_range(histogram_, seen_);
}

}  // namespace octavo
