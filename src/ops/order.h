// The order of elements of any dtype: integers that compare as the elements do, and sorting by them.
#pragma once

#include "tensor/tensor.h"

namespace octavo {

// The keys of elements [start, start + n): smaller elements have smaller ones, equal elements (also 0 and -0, and any
// two NaN) the same, NaN the largest. ~key is the key of the opposite order.
void order_keys(const TensorView& x, int64_t start, int64_t n, int64_t* keys);

// Sorts `count` numbers of rows of `width` keys by what the rows hold, equal rows by their numbers. Only the first
// `sorted` places come out in order, and nothing that belongs there is behind them.
void sort_rows(const int64_t* keys, int64_t width, int64_t* rows, int64_t count, int64_t sorted);

}  // namespace octavo
