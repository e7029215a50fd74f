#include "quant/quantize_tensor.h"

#include <algorithm>
#include <cmath>
#include <concepts>

#include "kernels/quantize/quantize.h"

namespace octavo {

namespace {

template <class T> constexpr bool kHasKernel = std::integral<T> && !std::same_as<T, bool> && sizeof(T) <= 2;

// In double, so that what is added to and clamped at 32-bit bounds stays exact.
double quantize(float x, const kernels::QuantizeParams& p) {
  if (std::isnan(x)) return p.zero_point;
  const double steps = std::nearbyint(x / p.scale);
  return std::clamp<double>(steps + p.zero_point, p.qmin, p.qmax);
}

}  // namespace

Tensor quantize_tensor(const TensorView& values, const QParams& qparams, DType dtype) {
  const auto channels = static_cast<int64_t>(qparams.scale.size());
  const int64_t all = values.shape.elements();
  const int64_t inner = qparams.blocked()      ? qparams.block
                        : qparams.per_tensor() ? all
                                               : values.shape.elements(qparams.axis + 1, values.shape.rank());

  Tensor out(dtype, values.shape);
  visit(QuantizedTypes{}, dtype, [&]<class T>(T) {
    const float* in = values.as<float>();
    T* integers = out.view().as<T>();
    int64_t channel = 0;
    for (int64_t i = 0; i < all; i += inner, in += inner, integers += inner) {
      const kernels::QuantizeParams params{qparams.scale[channel], qparams.zero_point[channel], qparams.qmin,
                                           qparams.qmax};
      if constexpr (kHasKernel<T>)
        kernels::quantize(in, inner, params, integers);
      else
        for (int64_t k = 0; k < inner; ++k) integers[k] = static_cast<T>(quantize(in[k], params));
      if (++channel == channels) channel = 0;
    }
  });
  return out;
}

}  // namespace octavo
