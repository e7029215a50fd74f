#include "quant/histogram_observer.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "quant/entropy_range.h"
#include "quant/histogram.h"
#include "quant/histogram_search.h"
#include "quant/mse_range.h"
#include "quant/percentile_range.h"

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
  seen_ = {std::min(seen_.min, range.min), std::max(seen_.max, range.max)};
  const float furthest = std::max(-seen_.min, seen_.max);
  const ValueRange wider = is_centred() ? ValueRange{-furthest, furthest} : seen_;
  std::vector<float> counts = count_histogram(values, wider, options_.bins, threads_);
  if (wider == binned_)
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += histogram_[i];
  else if (!binned_.empty())
    add_moved(counts, wider, histogram_, binned_);
  histogram_ = std::move(counts);
  binned_ = wider;
}

ValueRange HistogramObserver::range() const {
  if (seen_.empty()) return seen_;
  if (options_.kind == ObserverKind::histogram) return search_range(histogram_, binned_);
  if (options_.kind == ObserverKind::mse) return find_mse_range(histogram_, binned_, steps_);
  const ValueRange found = options_.kind == ObserverKind::entropy
                               ? find_entropy_range(histogram_, binned_)
                               : find_percentile_range(histogram_, binned_, options_.percentile);
  const float min = std::max(found.min, seen_.min);
  return {min, std::max(std::min(found.max, seen_.max), min)};
}

}  // namespace octavo
