// Elements of any dtype as numbers of one type, in chunks: what operators compute with whose float32 has a kernel and
// whose other types few networks use, or few elements of. A loop a dtype in and one out, instead of one a pair.
#pragma once

#include <algorithm>
#include <cstdint>

#include "tensor/tensor.h"

namespace octavo {

// Elements of a chunk, as they fit on the stack.
inline constexpr int64_t kChunk = 256;

inline bool is_float(DType dtype) { return Types<float, double, Float16, BFloat16>::contains(dtype); }

// Elements [start, start + n) of a tensor, converted to Middle: double, or int64_t for integers and booleans (uint64
// keeps its bits). Any byte but 0 of a boolean is 1.
template <class Middle> void load_elements(const TensorView& x, int64_t start, int64_t n, Middle* out);

// The other way. Integers are truncated towards zero and saturated where they come from double, NaN as 0; from int64_t
// they keep their low bits. A boolean is whether the number is not 0.
template <class Middle> void store_elements(const Middle* from, const TensorView& y, int64_t start, int64_t n);

}  // namespace octavo
