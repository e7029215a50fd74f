// The walk of two operands and an output through the shape that they broadcast to.
#pragma once

#include "kernels/strided.h"
#include "tensor/tensor.h"

namespace octavo {

// Steps of a, b and out along the axes of out, numpy's rule. The shapes fit and have at most kernels::kMaxRank axes.
kernels::StridedBox<3> broadcast_box(const TensorView& a, const TensorView& b, const TensorView& out);

}  // namespace octavo
