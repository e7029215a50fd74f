// Moving elements: any tensor that is a strided walk through another one. Transpose, Slice, Concat and Pad end here.
#pragma once

#include "kernels/strided.h"

namespace octavo::kernels {

/// Copies elements of `size` bytes (1, 2, 4 or 8) over the box, whose steps belong to `in` and `out`, in this order,
/// and are multiples of `size`. Contiguous runs are copied as such; where neighbours of the output are not neighbours
/// of the input, blocks of both are exchanged that stay in the first-level cache. The memory of `in` and `out` does not
/// overlap.
void copy_strided(const StridedBox<2>& box, const void* in, void* out, int size);

/// Fills `count` elements of `size` bytes with the one at `value`.
void fill(void* out, int64_t count, const void* value, int size);

}  // namespace octavo::kernels
