// From the range of observed values to scale and zero_point.
#pragma once

#include <cstdint>
#include <limits>

#include "quant/value_range.h"
#include "tensor/qparams.h"
#include "tensor/tensor.h"

namespace octavo {

enum class QScheme : uint8_t {
  affine,     // min..max, extended to hold 0, maps to qmin..qmax
  symmetric,  // -m..m with m = max(|min|, |max|) maps to qmin..qmax around a fixed zero_point
};

// Smallest scale of PyTorch's observers: float32's epsilon.
inline constexpr float kScaleEpsilon = std::numeric_limits<float>::epsilon();

// PyTorch's UniformQuantizationObserverBase._calculate_qparams, per tensor, in float32:
//
//   affine:     scale = (max(max, 0) - min(min, 0)) / (qmax - qmin)   zero_point = clamp(qmin - round(min / scale))
//   symmetric:  scale = max(-min, max, 0) / ((qmax - qmin) / 2)       zero_point = 0, or qmin's and qmax's middle when
//                                                                      qmin is 0 (128 for 0..255)
//
// with scale >= smallest_scale. An empty range gives scale 1 and zero_point 0; an infinite one an infinite scale.
// Throws Error(invalid_data) when min > max or one is NaN.
QParams choose_qparams(ValueRange range, int32_t qmin, int32_t qmax, QScheme scheme = QScheme::affine,
                       float smallest_scale = kScaleEpsilon);

// Smallest scale of the quantizers: the smallest float32 with all its bits, whose reciprocal is finite too. PyTorch's
// floor would cost small numbers their bits.
inline constexpr float kSmallestScale = std::numeric_limits<float>::min();

// Affine qparams of activations: `choose_qparams`, but for two ranges. One of nothing but 0 counts as 0..1: any scale
// represents it, and with this one a bias beside it keeps an ordinary unit. One whose width overflows float32 is halved
// for the computation: the scale is infinite only for an infinite range.
QParams choose_activation_qparams(ValueRange range, int32_t qmin, int32_t qmax);

// How weights become integers.
enum class Rounding : uint8_t {
  nearest,
  gptq,  // each makes up for what others are rounded by, as far as calibration data say that it can: quant/gptq.h
  hqq,  // to the nearest, with zero points that make up for it: quant/hqq.h
};

enum class WeightRange : uint8_t {
  narrow,  // [-127, 127]: -w is representable whenever w is
  full,    // [-128, 127], PyTorch's qint8
};

// The integers of weights of 2 to 8 bits: those of fewer than 8 are kept as int8.
IntegerRange weight_integers(int bits, WeightRange range);
// Whether it is what weight_integers gives.
bool are_weight_integers(IntegerRange range);

// Qparams of a float32 weight tensor with the axis, block, qmin and qmax of `form`. `choose_qparams` down to
// kSmallestScale where there is any non-zero weight; where all are zero the scale is 1, since any scale represents them
// and 1 is harmless. Throws Error(invalid_data) when a weight is NaN or infinite.
//
// Below 8 bits the range is clipped, or widened by a step, where that makes the squared error of the weights smaller:
//
//   minimise over f in {1, 0.4, 0.43, …, 1.12}:  Σ (w - (q - zero_point) · scale)²  of the range f · [min, max]
//
// Rounding::gptq does not clip symmetric weights: what it rounds makes up for its neighbours, and what is clipped
// cannot. Rounding::hqq leaves the scale of [min, max] and looks for another zero_point: quant/hqq.h.
QParams choose_weight_qparams(const TensorView& weights, QParams form, QScheme scheme = QScheme::symmetric,
                              Rounding rounding = Rounding::nearest);

}  // namespace octavo
