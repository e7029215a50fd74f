#include "quant/entropy_range.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "quant/histogram.h"

namespace octavo {

namespace {

constexpr int kLevels = 128;
constexpr double kSmoothed = 1e-4;

// A distribution without zeros (ONNX Runtime's smooth_distribution): those become kSmoothed, taken from all others in
// equal parts. Parts of a count, which moved bins leave, do not fall below that.
struct Smoothing {
  double taken;

  Smoothing(int nonzero, int all) : taken(kSmoothed * (all - nonzero) / nonzero) {}
  double operator()(double count) const { return count > 0 ? std::max(count - taken, kSmoothed) : kSmoothed; }
};

// KL(P ‖ Q) of bins begin..end - 1.
double divergence(std::span<const float> counts, int begin, int end) {
  double below = 0, above = 0;
  for (int i = 0; i < begin; ++i) below += counts[i];
  for (int i = end; i < static_cast<int>(counts.size()); ++i) above += counts[i];
  const auto p = [&](int i) { return counts[i] + (i == begin ? below : 0) + (i == end - 1 ? above : 0); };

  const int all = end - begin, width = all / kLevels;
  double means[kLevels];
  int p_nonzero = 0, q_nonzero = 0;
  for (int level = 0, i = begin; level < kLevels; ++level) {
    double sum = 0;
    int nonzero = 0;
    for (const int level_end = i + width; i < level_end; ++i) {
      sum += counts[i];
      nonzero += p(i) > 0;
    }
    p_nonzero += nonzero;
    if (level == kLevels - 1)
      for (; i < end; ++i) {
        sum += counts[i];
        p_nonzero += p(i) > 0;
      }
    means[level] = nonzero > 0 ? std::floor(sum / nonzero) : 0;
    if (means[level] > 0) q_nonzero += width;
  }
  if (p_nonzero == 0 || q_nonzero == 0) return std::numeric_limits<double>::infinity();

  const Smoothing smooth_p(p_nonzero, all), smooth_q(q_nonzero, all);
  double p_sum = 0, q_sum = 0, sum = 0;
  for (int i = begin; i < end;) {
    const int level = (i - begin) / width;
    const double q = smooth_q(level < kLevels ? means[level] : 0), log_q = std::log(q);
    const int level_end = level < kLevels ? i + width : end;
    for (; i < level_end; ++i) {
      const double smoothed = smooth_p(p(i));
      p_sum += smoothed;
      q_sum += q;
      sum += smoothed * (std::log(smoothed) - log_q);
    }
  }
  return sum / p_sum - std::log(p_sum / q_sum);
}

}  // namespace

ValueRange find_entropy_range(std::span<const float> counts, ValueRange range) {
  const int bins = static_cast<int>(counts.size()), middle = bins / 2;
  double least = std::numeric_limits<double>::infinity();
  int first = 0, end = bins;
  for (int half = kLevels / 2; half <= middle; ++half) {
    const int here_end = std::min(middle + half + 1, bins);
    const double found = divergence(counts, middle - half, here_end);
    if (found >= least) continue;
    least = found;
    first = middle - half;
    end = here_end;
  }
  return range_of_bins(range, bins, first, end - 1);
}

}  // namespace octavo
