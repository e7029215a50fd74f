#include "quant/choose_qparams.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"

namespace octavo {

namespace {

// float to int32 as x86 converts, which is what PyTorch's zero_point of an infinite range comes from: NaN and what is
// out of range become INT32_MIN.
int32_t to_int32(float x) {
  return x >= -0x1p31f && x < 0x1p31f ? static_cast<int32_t>(x) : std::numeric_limits<int32_t>::min();
}

int32_t wrapping_subtract(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) - static_cast<uint32_t>(b));
}

}  // namespace

QParams choose_qparams(ValueRange range, int32_t qmin, int32_t qmax, QScheme scheme, float smallest_scale) {
  QParams qparams{.scale = {1}, .zero_point = {0}, .qmin = qmin, .qmax = qmax};
  if (range.empty()) return qparams;
  require(range.min <= range.max, ErrorCode::invalid_data, "the range of the values is not a number");

  const float min = std::min(range.min, 0.0f);
  const float max = std::max(range.max, 0.0f);
  if (scheme == QScheme::symmetric) {
    const float half_range = static_cast<float>(qmax - qmin) / 2;
    qparams.scale[0] = std::max(std::max(-min, max) / half_range, smallest_scale);
    if (qmin == 0) qparams.zero_point[0] = qmax == 255 ? 128 : qmax / 2;
  } else {
    const float scale = std::max((max - min) / static_cast<float>(qmax - qmin), smallest_scale);
    qparams.scale[0] = scale;
    // Ties go to the even integer, the default rounding mode.
    const int32_t steps = to_int32(std::nearbyint(min / scale));
    qparams.zero_point[0] = std::clamp(wrapping_subtract(qmin, steps), qmin, qmax);
  }
  return qparams;
}

QParams choose_activation_qparams(ValueRange range, int32_t qmin, int32_t qmax) {
  if (range.min == 0 && range.max == 0) range.max = 1;
  // Half the range has half the scale and the same zero_point.
  const bool overflows = range.max - range.min > std::numeric_limits<float>::max();
  const ValueRange half = {range.min / 2, range.max / 2};
  QParams qparams = choose_qparams(overflows ? half : range, qmin, qmax, QScheme::affine, kSmallestScale);
  if (overflows) qparams.scale[0] *= 2;
  return qparams;
}

QParams choose_weight_qparams(const TensorView& weights, int axis, WeightRange range) {
  const int32_t qmin = range == WeightRange::narrow ? -127 : -128;
  const int64_t channels = axis < 0 ? 1 : weights.shape[axis];
  const int64_t inner =
      axis < 0 ? weights.shape.elements() : weights.shape.elements(axis + 1, weights.shape.rank());
  const int64_t outer = axis < 0 ? 1 : weights.shape.elements(0, axis);

  QParams qparams{.axis = axis, .qmin = qmin, .qmax = 127};
  for (int64_t channel = 0; channel < channels; ++channel) {
    ValueRange seen;
    for (int64_t block = 0; block < outer; ++block) {
      const float* values = weights.as<float>() + (block * channels + channel) * inner;
      const ValueRange here = find_range({values, static_cast<std::size_t>(inner)});
      require(here.empty() || (std::isfinite(here.min) && std::isfinite(here.max)), ErrorCode::invalid_data,
              "a weight is NaN or infinite");
      seen = {std::min(seen.min, here.min), std::max(seen.max, here.max)};
    }
    const bool all_zero = seen.empty() || (seen.min == 0 && seen.max == 0);
    qparams.scale.push_back(
        all_zero ? 1.0f : choose_qparams(seen, qmin, 127, QScheme::symmetric, kSmallestScale).scale[0]);
    qparams.zero_point.push_back(0);
  }
  return qparams;
}

}  // namespace octavo
