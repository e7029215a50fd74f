// Constants as integers: weights, biases, constant operands.
#pragma once

#include "tensor/qparams.h"
#include "tensor/tensor.h"

namespace octavo {

// clamp(round_half_even(x / scale) + zero_point, qmin, qmax) of every float32 element, as QuantizeLinear defines it:
// the quotient is float32, NaN becomes zero_point, infinities saturate. `dtype` is s8, u8 or s32 and holds qmin..qmax;
// qparams.axis, if there is one, is an axis of `values`.
Tensor quantize_tensor(const TensorView& values, const QParams& qparams, DType dtype);

}  // namespace octavo
