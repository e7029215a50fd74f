#include "quant/mse_range.h"

#include <algorithm>
#include <cmath>

namespace octavo {

namespace {

constexpr int kMostTurns = 100;
constexpr double kSettled = 1e-9;  // of the range

struct Sum {
  double count = 0, values = 0;

  void add(double many, double value) {
    count += many;
    values += many * value;
  }
  // Newton's step of an end beyond which these are.
  double step(double end, double other, double k) const {
    return count > 0 ? (values + k * other) / (count + k) : end;
  }
};

}  // namespace

ValueRange find_mse_range(std::span<const float> counts, ValueRange range, int steps) {
  const double begin = range.min, width = (static_cast<double>(range.max) - begin) / std::ssize(counts);
  double low = 0, high = 0;
  for (int turn = 0; turn < kMostTurns; ++turn) {
    Sum below, above;
    double inside = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      const double left = begin + width * static_cast<double>(i), right = left + width;
      const bool is_above = right > high, is_below = left < low, is_zero = left <= 0 && right >= 0;
      if (is_above) above.add(counts[i], right);
      if (is_below) below.add(counts[i], left);
      if (!is_above && !is_below && !is_zero) inside += counts[i];
    }
    const double k = inside / (12.0 * steps * steps);
    const double next_high = std::max(above.step(high, low, k), 0.0);
    const double next_low = std::min(below.step(low, high, k), 0.0);
    const double moved = std::max(std::abs(next_high - high), std::abs(next_low - low));
    high = next_high;
    low = next_low;
    if (moved <= kSettled * (high - low)) break;
  }
  return {static_cast<float>(low), static_cast<float>(high)};
}

}  // namespace octavo
