#include "kernels/norm/norm.h"

#include <cmath>

#include "kernels/fold.h"
#include "kernels/vectors.h"

namespace octavo::kernels {

void normalize_f32(const NormF32& norm, const float* x, float* y, int64_t begin, int64_t end) {
  const int64_t n = norm.channels * norm.inner;
  const auto count = static_cast<float>(n);
  for (int64_t row = begin; row < end; ++row) {
    const float* const from = x + row * n;
    float* const to = y + row * n;
    const float mean = norm.centers ? sum_of(n, [](auto v) { return v; }, from) / count : 0;
    const float variance = sum_of(n, [=](auto v) { return (v - mean) * (v - mean); }, from) / count;
    const float inverse = 1 / std::sqrt(variance + norm.epsilon);
    if (norm.mean != nullptr) norm.mean[row] = mean;
    if (norm.inverse_deviation != nullptr) norm.inverse_deviation[row] = inverse;

    const int64_t first = row % norm.groups * norm.channels;
    const float* const scale = norm.scale != nullptr ? norm.scale + first : nullptr;
    const float* const bias = norm.bias != nullptr ? norm.bias + first : nullptr;
    if (norm.inner == 1 && scale != nullptr) {
      const Run<float> in{from}, scales{scale};
      const auto scaled = [=](Vector<float> v, Vector<float> s) { return (v - mean) * inverse * s; };
      if (bias == nullptr)
        map(static_cast<size_t>(n), to, scaled, in, scales);
      else
        map(
            static_cast<size_t>(n), to,
            [=](Vector<float> v, Vector<float> s, Vector<float> b) { return scaled(v, s) + b; }, in, scales,
            Run<float>{bias});
    } else {
      // A run of elements with the same scale and bias: all of the row where there are none.
      const int64_t runs = scale != nullptr ? norm.channels : 1, length = n / (runs > 0 ? runs : 1);
      for (int64_t c = 0; c < runs; ++c) {
        const float factor = scale != nullptr ? inverse * scale[c] : inverse,
                    offset = bias != nullptr ? bias[c] : 0;
        map(
            static_cast<size_t>(length), to + c * length,
            [=](Vector<float> v) { return (v - mean) * factor + offset; }, Run<float>{from + c * length});
      }
    }
  }
}

void scale_channels_f32(const ScaleChannelsF32& s, const float* x, float* y, int64_t begin, int64_t end) {
  const bool by_element = s.inner == 1;
  const int64_t length = s.run_length();
  const Vector<float> lo = splat(s.lo), hi = splat(s.hi);
  for (int64_t run = begin; run < end; ++run) {
    const int64_t c = by_element ? 0 : run % s.channels;
    const Operand<float> factor(s.factor + c, by_element), offset(s.offset + c, by_element);
    map(
        static_cast<size_t>(length), y + run * length,
        [=](Vector<float> v, Vector<float> f, Vector<float> o) { return clamp_between(v * f + o, lo, hi); },
        Run<float>{x + run * length}, factor, offset);
  }
}

}  // namespace octavo::kernels
