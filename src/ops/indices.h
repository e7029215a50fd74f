// Indices that tensors hold: checked, with negative ones counted from the back.
#pragma once

#include "tensor/tensor.h"

namespace octavo {

// `index` in [-dim, dim) made non-negative, for that axis of the shape. Throws Error(invalid_input) outside of it.
int64_t checked_index(int64_t index, const Shape& shape, int axis);

// The same of element i of a tensor of s32 or s64.
int64_t index_at(const TensorView& indices, int64_t i, const Shape& shape, int axis);

}  // namespace octavo
