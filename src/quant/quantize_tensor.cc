#include "quant/quantize_tensor.h"

#include <algorithm>
#include <cmath>

namespace octavo {

namespace {

// In double, so that what is added to and clamped at 32-bit bounds stays exact.
double quantize(float x, float scale, int32_t zero_point, const QParams& range) {
  if (std::isnan(x)) return zero_point;
  const double steps = std::nearbyint(x / scale);
  return std::clamp<double>(steps + zero_point, range.qmin, range.qmax);
}

}  // namespace

Tensor quantize_tensor(const TensorView& values, const QParams& qparams, DType dtype) {
  const int axis = qparams.axis;
  const int64_t channels = axis < 0 ? 1 : values.shape[axis];
  const int64_t inner =
      axis < 0 ? values.shape.elements() : values.shape.elements(axis + 1, values.shape.rank());
  const float* const in = values.as<float>();

  Tensor out(dtype, values.shape);
  visit_dtype(dtype, [&]<class T>(T) {
    const auto integers = out.span<T>();
    for (std::size_t i = 0; i < integers.size(); ++i) {
      const int64_t channel = static_cast<int64_t>(i) / inner % channels;
      integers[i] =
          static_cast<T>(quantize(in[i], qparams.scale[channel], qparams.zero_point[channel], qparams));
    }
  });
  return out;
}

}  // namespace octavo
