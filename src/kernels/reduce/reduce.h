// Sums of float32 along any axes.
#pragma once

#include "kernels/strided.h"

namespace octavo::kernels {

/// y[kept axes] = Σ x over the reduced axes, divided by `divisor`. The box walks x and y, in this order, along the axes
/// of x; along reduced ones the step of y is 0. y has `outputs` elements. Runs of neighbouring elements are summed by
/// themselves, which bounds the rounding error, and in an order that does not depend on the instruction set.
void mean_f32(const StridedBox<2>& box, const float* x, float* y, int64_t outputs, float divisor);

}  // namespace octavo::kernels
