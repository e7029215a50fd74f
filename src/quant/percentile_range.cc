#include "quant/percentile_range.h"

#include "quant/histogram.h"

namespace octavo {

ValueRange find_percentile_range(std::span<const float> counts, ValueRange range, double percentile) {
  double total = 0;
  for (const float count : counts) total += count;
  const double cut = total * (100 - percentile) / 200;
  const int bins = static_cast<int>(counts.size());
  int first = 0, end = 0;
  double below = 0;
  for (; end < bins; ++end) {
    below += counts[end];
    if (below < cut) first = end + 1;
    if (below > total - cut) break;
  }
  return range_of_bins(range, bins, first, end - 1);
}

}  // namespace octavo
