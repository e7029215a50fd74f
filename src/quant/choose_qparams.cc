#include "quant/choose_qparams.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "quant/hqq.h"
#include "quant/scale_blocks.h"

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

IntegerRange weight_integers(int bits, WeightRange range) {
  const int32_t qmax = (1 << (bits - 1)) - 1;
  return {range == WeightRange::narrow ? -qmax : -qmax - 1, qmax};
}

bool are_weight_integers(IntegerRange range) {
  for (int bits = 2; bits <= 8; ++bits)
    for (const WeightRange each : {WeightRange::narrow, WeightRange::full})
      if (range == weight_integers(bits, each)) return true;
  return false;
}

namespace {

// Of what choose_weight_qparams tries below 8 bits.
constexpr int kFactors = 25;
constexpr float kFirstFactor = 0.4f, kFactorStep = 0.03f;

double squared_error(std::span<const float> weights, const QParams& qparams) {
  const float scale = qparams.scale[0], zero_point = static_cast<float>(qparams.zero_point[0]),
              low = static_cast<float>(qparams.qmin) - zero_point,
              high = static_cast<float>(qparams.qmax) - zero_point;
  double sum = 0;
  for (const float w : weights) {
    const float rest = w - std::clamp(std::nearbyint(w / scale), low, high) * scale;
    sum += static_cast<double>(rest) * static_cast<double>(rest);
  }
  return sum;
}

// Of weights that share a scale.
QParams choose_block(std::span<const float> weights, const QParams& form, QScheme scheme, Rounding rounding) {
  const ValueRange range = find_range(weights);
  require(range.empty() || (std::isfinite(range.min) && std::isfinite(range.max)), ErrorCode::invalid_data,
          "a weight is NaN or infinite");
  if (range.empty() || (range.min == 0 && range.max == 0)) return {.scale = {1}, .zero_point = {0}};
  const auto scaled = [&](float factor) {
    return choose_qparams({factor * range.min, factor * range.max}, form.qmin, form.qmax, scheme,
                          kSmallestScale);
  };
  // The largest is qmax, in whichever direction.
  if (rounding == Rounding::gptq && scheme == QScheme::symmetric && form.qmax < storage_range(DType::s8).qmax)
    return scaled(static_cast<float>(form.qmax - form.qmin) / static_cast<float>(2 * form.qmax));
  QParams best = scaled(1);
  if (rounding == Rounding::hqq) best.zero_point[0] = choose_zero_point_hqq(weights, best);
  if (rounding == Rounding::hqq || form.qmax >= storage_range(DType::s8).qmax) return best;
  double least = squared_error(weights, best);
  for (int i = 0; i < kFactors; ++i) {
    QParams other = scaled(kFirstFactor + kFactorStep * static_cast<float>(i));
    const double error = squared_error(weights, other);
    if (!(error < least)) continue;
    least = error;
    best = std::move(other);
  }
  return best;
}

}  // namespace

QParams choose_weight_qparams(const TensorView& weights, QParams form, QScheme scheme, Rounding rounding) {
  const ScaleBlocks blocks(form, weights.shape);
  std::vector<float> values;
  for (int64_t i = 0; i < blocks.size(); ++i) {
    const QParams chosen = choose_block(blocks.gather(weights, i, values), form, scheme, rounding);
    form.scale.push_back(chosen.scale[0]);
    form.zero_point.push_back(chosen.zero_point[0]);
  }
  return form;
}

}  // namespace octavo
