// Elements of any dtype as numbers of one type, in chunks: what operators compute with whose float32 has a kernel and
// whose other types few networks use, or few elements of. A loop a dtype in and one out, instead of one a pair.
#pragma once

#include <algorithm>
#include <cstdint>

#include "graph/op_def.h"
#include "tensor/tensor.h"

namespace octavo {

// Elements of a chunk, as they fit on the stack.
inline constexpr int64_t kChunk = 256;

// Kinds of element types, to be joined by |. Of floats there are float32 and float64: those of 16 bits reach no
// operator.
inline constexpr unsigned kFloat = 1, kSigned = 2, kUnsigned = 4, kBoolean = 8,
                          kInteger = kSigned | kUnsigned, kNumber = kFloat | kInteger;

// Throws Error(unsupported) unless input i is of one of the kinds.
void require_kind(const InferContext& ctx, std::size_t i, unsigned kinds);

inline bool is_float(DType dtype) { return Types<float, double, Float16, BFloat16>::contains(dtype); }

// Elements [start, start + n) of a tensor, converted to Middle: double, or int64_t for integers and booleans (uint64
// keeps its bits). Any byte but 0 of a boolean is 1.
template <class Middle> void load_elements(const TensorView& x, int64_t start, int64_t n, Middle* out);

// The other way. Integers are truncated towards zero and saturated where they come from double, NaN as 0; from int64_t
// they keep their low bits. A boolean is whether the number is not 0.
template <class Middle>
void store_elements(const Middle* from, const TensorView& y, int64_t start, int64_t n);

// Elements [begin, end) of y from those of x, a chunk at a time: change(numbers, n) may change n of them.
template <class Middle, class Change>
void map_elements(const TensorView& x, const TensorView& y, int64_t begin, int64_t end,
                  const Change& change) {
  Middle numbers[kChunk];
  for (; begin < end; begin += kChunk) {
    const int64_t n = std::min(kChunk, end - begin);
    load_elements(x, begin, n, numbers);
    change(numbers, n);
    store_elements(numbers, y, begin, n);
  }
}

// a < b, where int64_t may hold the bits of uint64.
inline bool is_less(double a, double b, bool) { return a < b; }
inline bool is_less(int64_t a, int64_t b, bool is_u64) {
  return is_u64 ? static_cast<uint64_t>(a) < static_cast<uint64_t>(b) : a < b;
}

}  // namespace octavo
