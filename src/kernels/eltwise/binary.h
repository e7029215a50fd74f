// Functions of two elements with broadcasting: out[i] = f(a[i], b[i]).
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/strided.h"

namespace octavo::kernels {

enum class BinaryOp : uint8_t { add, sub, mul, div };

/// One contiguous run of n outputs. An operand whose step is 0 has one element, which serves for all of them.
using BinaryRow = void (*)(const std::byte* a, const std::byte* b, std::byte* out, int64_t n, bool a_steps,
                           bool b_steps);

/// The row function of `op` on T: float, int32_t or int64_t. Integers wrap around; integer division truncates, and
/// division by zero, which the caller rules out, gives 0.
template <class T> BinaryRow binary_row(BinaryOp op);

/// a^b, computed in float64 and rounded to Base as a cast does (integers: saturating, NaN to 0). Base: float, int32_t
/// or int64_t; Exponent: those too. Two integers are computed exactly, modulo the range of Base; a negative exponent
/// gives the integer part.
template <class Base, class Exponent> BinaryRow pow_row();

/// What is done to each element of a float result before it is stored; NaN passes through.
struct Clamp {
  float lo, hi;
};

/// Runs `row` over the box of a, b and out, in this order. `clamp` may be null; it needs a row function of float.
void binary(const StridedBox<3>& box, BinaryRow row, const void* a, const void* b, void* out,
            const Clamp* clamp);

}  // namespace octavo::kernels
