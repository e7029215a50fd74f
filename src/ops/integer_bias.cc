#include "ops/integer_bias.h"

#include <cmath>

#include "kernels/epilogue.h"

namespace octavo {

namespace {

// The number per channel, or the one number of all.
template <class T> T of_channel(const std::vector<T>& numbers, int64_t i) {
  return numbers[numbers.size() == 1 ? 0 : i];
}

double unit_of(float input_scale, float weight_scale) {
  const double unit = double(input_scale) * weight_scale;
  const auto rounded = static_cast<float>(unit);
  return std::isnormal(rounded) ? rounded : unit;
}

double in_units(const BiasSource& source, int64_t i, double unit) {
  if (source.qparams == nullptr) return source.bias.span<float>()[i] / unit;
  // In 64 bits, where no difference of 32-bit numbers overflows.
  const int64_t steps = int64_t{source.bias.span<int32_t>()[i]} - of_channel(source.qparams->zero_point, i);
  const double own = of_channel(source.qparams->scale, i);
  return own == unit ? double(steps) : double(steps) * own / unit;
}

}  // namespace

int64_t products_per_sum(const Shape& weights, int channel_axis) {
  const int64_t channels = weights[channel_axis];
  return channels == 0 ? 0 : weights.elements() / channels;
}

std::expected<Tensor, std::string_view> integer_bias(const BiasSource& source, const BiasTarget& target) {
  const int64_t channels = target.channels;
  const auto fits = [&](const auto& numbers) {
    return numbers.size() == 1 || std::ssize(numbers) == channels;
  };
  if (source.bias.dtype() != (source.qparams ? DType::s32 : DType::f32))
    return std::unexpected("its bias is neither int32 nor float32");
  if (source.bias.shape().elements() != channels || !fits(target.weight_scale) ||
      (source.qparams && !fits(source.qparams->scale)))
    return std::unexpected("its bias is not one value a channel");

  Tensor bias(DType::s32, {channels});
  for (int64_t i = 0; i < channels; ++i) {
    const double unit = unit_of(target.input_scale, of_channel(target.weight_scale, i));
    const double units = in_units(source, i, unit), rounded = std::nearbyint(units);
    if (!(std::abs(rounded) <= kernels::max_bias(target.depth)))
      return std::unexpected("its bias is too large for the scale of its weights");
    if (!(std::abs(units - rounded) * unit <= target.tolerance))
      return std::unexpected("its bias is too small for the scale of its weights");
    bias.span<int32_t>()[i] = static_cast<int32_t>(rounded);
  }
  return bias;
}

}  // namespace octavo
