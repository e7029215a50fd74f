#include "quant/compare.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "base/error.h"

namespace octavo {

namespace {

double cosine(double dot, double a_squared, double b_squared) {
  if (a_squared == 0 && b_squared == 0) return 1;
  if (a_squared == 0 || b_squared == 0) return 0;
  return dot / (std::sqrt(a_squared) * std::sqrt(b_squared));
}

double sqnr_db(double signal, double noise) {
  if (noise == 0) return std::numeric_limits<double>::infinity();
  return 10 * std::log10(signal / noise);
}

}  // namespace

TensorComparison compare_tensors(std::span<const float> reference, std::span<const float> other) {
  require(reference.size() == other.size(), ErrorCode::invalid_data,
          "tensors of {} and {} elements cannot be compared", reference.size(), other.size());
  double dot = 0, a_squared = 0, b_squared = 0, noise = 0, max_abs = 0;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    const double a = reference[i], b = other[i], difference = std::abs(a - b);
    dot += a * b;
    a_squared += a * a;
    b_squared += b * b;
    noise += difference * difference;
    if (std::isnan(difference)) return {difference, difference, difference};
    max_abs = std::max(max_abs, difference);
  }
  return {cosine(dot, a_squared, b_squared), sqnr_db(a_squared, noise), max_abs};
}

}  // namespace octavo
