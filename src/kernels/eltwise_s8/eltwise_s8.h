// Sum and product of quantized tensors.
#pragma once

#include <cstdint>

#include "kernels/strided.h"

namespace octavo::kernels {

/// Zero points and range of the operands and the result, and what brings differences to the scale of the result.
/// add: out = clamp(round_half_even(float(a - a_zero_point) * a_multiplier + float(b - b_zero_point) * b_multiplier)
///                  + out_zero_point, qmin, qmax), multipliers a_scale / out_scale and b_scale / out_scale.
/// mul: out = clamp(round_half_even(float((a - a_zero_point) * (b - b_zero_point)) * a_multiplier) + out_zero_point,
///                  qmin, qmax), with a_multiplier = a_scale * b_scale / out_scale.
/// Every float operation is rounded by itself. Multipliers are finite, integers within 0..255.
struct EltwiseU8 {
  int32_t a_zero_point, b_zero_point, out_zero_point;
  int32_t qmin, qmax;
  float a_multiplier, b_multiplier;
};

/// Over the box of a, b and out, in this order; bytes of out lie together along its innermost axis, and those of an
/// operand do too or are one that serves for all.
void add_u8(const EltwiseU8&, const StridedBox<3>&, const uint8_t* a, const uint8_t* b, uint8_t* out);
void mul_u8(const EltwiseU8&, const StridedBox<3>&, const uint8_t* a, const uint8_t* b, uint8_t* out);

}  // namespace octavo::kernels
