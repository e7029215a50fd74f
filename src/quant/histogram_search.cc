#include "quant/histogram_search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "quant/histogram.h"

namespace octavo {

namespace {

constexpr int kLevels = 256;
constexpr double kStep = 1e-5;  // of the counts, dropped at a time

// The integral of x² from begin to end, in float32.
float integral_of_square(float begin, float end) { return (end * end * end - begin * begin * begin) / 3; }

// Which level a position falls into. The quotient of two floats of such sizes rounds in double to the right side of an
// integer, so this is the exact floor that PyTorch takes pains to get.
float level_of(float position, float level_width) {
  const double level = static_cast<double>(position) / level_width;
  return level > 0 ? static_cast<float>(static_cast<int>(std::min(level, kLevels - 1.0))) : 0.0f;
}

// _compute_quantization_error: the L2 error of quantizing all counts, spread evenly within their bins over `width`, to
// levels that divide the bins first..last.
float quantization_error(std::span<const float> counts, double width, int first, int last) {
  const int bins = static_cast<int>(counts.size());
  const double exact_bin_width = width / bins;
  const double exact_level_width = exact_bin_width * (last - first + 1) / kLevels;
  if (exact_level_width == 0) return 0;
  const float bin_width = static_cast<float>(exact_bin_width);
  const float level_width = static_cast<float>(exact_level_width);
  const float half_level = static_cast<float>(exact_level_width / 2);
  const float whole_level = integral_of_square(-half_level, half_level);

  double error = 0;
  for (int bin = 0; bin < bins; ++bin) {
    const float begin = static_cast<float>(bin - first) * bin_width;
    const float end = begin + bin_width;
    const float begin_level = level_of(begin, level_width);
    const float end_level = level_of(end, level_width);
    const float begin_centre = (begin_level + 0.5f) * level_width;
    const float end_centre = end_level * level_width + half_level;
    const float density = counts[bin] / bin_width;
    float bin_error = density * integral_of_square(begin - begin_centre, half_level);
    bin_error += (end_level - begin_level - 1) * (density * whole_level);
    bin_error += density * integral_of_square(-half_level, end - end_centre);
    error += bin_error;
  }
  return static_cast<float>(error);
}

// The width of the range, divided by a power of two until it lies between 1 and 2. The error of every choice is divided
// by the square of that, bit by bit, but where cubes of the width itself leave the numbers of float32.
double normal_width(ValueRange range) {
  const double width = static_cast<double>(range.max) - range.min;
  return width == 0 ? 0 : std::scalbn(width, -std::ilogb(width));
}

}  // namespace

ValueRange search_range(std::span<const float> counts, ValueRange range) {
  const int bins = static_cast<int>(counts.size());
  std::vector<float> cumulative(bins);
  double sum = 0;
  for (int bin = 0; bin < bins; ++bin) {
    sum += counts[bin];
    cumulative[bin] = static_cast<float>(sum);
  }
  const double total = cumulative[bins - 1];
  const double width = normal_width(range);

  double alpha = 0, beta = 1;  // fractions of the counts below the range and up to its end
  int first = 0, last = bins - 1;
  float least_error = std::numeric_limits<float>::infinity();
  while (alpha < beta) {
    const double next_alpha = alpha + kStep;
    const double next_beta = beta - kStep;
    const float lower = static_cast<float>(next_alpha * total);
    const float upper = static_cast<float>(next_beta * total);
    int left = first, right = last;
    while (left < last && cumulative[left] < lower) ++left;
    while (right > first && cumulative[right] > upper) --right;

    int next_first = first, next_last = last;
    if (left - first > last - right) {
      next_first = left;
      alpha = next_alpha;
    } else {
      next_last = right;
      beta = next_beta;
    }
    if (next_first == first && next_last == last) continue;

    const float error = quantization_error(counts, width, next_first, next_last);
    if (error > least_error) break;
    least_error = error;
    first = next_first;
    last = next_last;
  }
  return range_of_bins(range, bins, first, last);
}

}  // namespace octavo
