// Between float32 and integers.
#pragma once

#include <cstdint>

#include "kernels/observe/observe.h"

namespace octavo::kernels {

/// What integers mean, for a run of elements with one scale: x = (q - zero_point) * scale.
struct QuantizeParams {
  float scale;
  int32_t zero_point;
  int32_t qmin, qmax;
};

/// out[i] = clamp(round_half_even(x[i] / scale) + zero_point, qmin, qmax), ONNX QuantizeLinear. NaN gives zero_point,
/// infinities saturate. T is uint8_t, int8_t, uint16_t or int16_t and holds qmin..qmax.
template <class T> void quantize(const float* x, int64_t n, const QuantizeParams&, T* out);

/// out[i] = float(q[i] - zero_point) * scale, ONNX DequantizeLinear. T: those types and int32_t.
template <class T> void dequantize(const T* q, int64_t n, float scale, int32_t zero_point, float* out);

/// The smallest interval that holds 0 and every x[i] that is a number, or the extremes of such.
struct FloatRange {
  float min = 0, max = 0;
};
FloatRange find_range(const float* x, int64_t n);
FloatRange range_of(const Extremes&);

/// Parameters for values of that range, ONNX DynamicQuantizeLinear: scale = (max - min) / (qmax - qmin) and
/// zero_point = round_half_even(qmin - min / scale), saturated. A range of nothing but 0 has scale 1; the scale is
/// infinite only when the range is.
QuantizeParams dynamic_params(FloatRange, int32_t qmin, int32_t qmax);

}  // namespace octavo::kernels
