#include "quant/quantize_tensor.h"

#include <algorithm>
#include <cmath>
#include <concepts>

#include "kernels/quantize/quantize.h"
#include "quant/scale_blocks.h"

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
  const ScaleBlocks blocks(qparams, values.shape);
  Tensor out(dtype, values.shape);
  visit(QuantizedTypes{}, dtype, [&]<class T>(T) {
    for (int64_t i = 0; i < blocks.size(); ++i) {
      const kernels::QuantizeParams params{qparams.scale[i], qparams.zero_point[i], qparams.qmin,
                                           qparams.qmax};
      const ScaleBlock block = blocks[i];
      const float* in = values.as<float>() + block.first;
      T* integers = out.view().as<T>() + block.first;
      for (int64_t run = 0; run < block.count; ++run, in += block.stride, integers += block.stride)
        if constexpr (kHasKernel<T>)
          kernels::quantize(in, block.length, params, integers);
        else
          for (int64_t k = 0; k < block.length; ++k) integers[k] = static_cast<T>(quantize(in[k], params));
    }
  });
  return out;
}

}  // namespace octavo
