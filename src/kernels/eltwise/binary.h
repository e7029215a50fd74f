// Functions of two elements with broadcasting: out[i] = f(a[i], b[i]).
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/strided.h"

namespace octavo::kernels {

/// Comparisons give booleans, a byte each. Of max and min with NaN it is NaN. prelu: a < 0 ? a * b : a.
enum class BinaryOp : uint8_t { none, add, sub, mul, div, max, min, prelu, equal, less, less_or_equal };

/// One contiguous run of n outputs. An operand whose step is 0 has one element, which serves for all of them.
using BinaryRow = void (*)(const std::byte* a, const std::byte* b, std::byte* out, int64_t n, bool a_steps,
                           bool b_steps);

/// The row function of `op` on float; null for none.
BinaryRow binary_row(BinaryOp op);

/// a^b, accurate to float64 where b is an integer, else to float32, with the special values of C's pow, which would
/// take 2 KB.
double power(double a, double b);

/// What is done to each element of a float result before it is stored; NaN passes through.
struct Clamp {
  float lo, hi;
};

/// Runs `row` over the box of a, b and out, in this order. `clamp` may be null; it is not for comparisons.
void binary(const StridedBox<3>& box, BinaryRow row, const void* a, const void* b, void* out,
            const Clamp* clamp);

}  // namespace octavo::kernels
