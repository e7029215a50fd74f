#include "ops/order.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "ops/elements.h"

namespace octavo {

namespace {

// Bits of a float compare as integers do, but for negative ones, which are the wrong way round.
int64_t key_of(double x) {
  if (x != x) return std::numeric_limits<int64_t>::max();
  const auto bits = std::bit_cast<int64_t>(x + 0.0);  // -0 becomes 0
  return bits ^ static_cast<int64_t>(static_cast<uint64_t>(bits >> 63) >> 1);
}

}  // namespace

void order_keys(const TensorView& x, int64_t start, int64_t n, int64_t* keys) {
  if (!is_float(x.dtype)) {
    load_elements(x, start, n, keys);
    if (x.dtype == DType::u64)
      for (int64_t i = 0; i < n; ++i) keys[i] ^= std::numeric_limits<int64_t>::min();
    return;
  }
  double chunk[kChunk];
  for (int64_t i = 0; i < n; i += kChunk) {
    const int64_t count = std::min(kChunk, n - i);
    load_elements(x, start + i, count, chunk);
    for (int64_t j = 0; j < count; ++j) keys[i + j] = key_of(chunk[j]);
  }
}

void sort_rows(const int64_t* keys, int64_t width, int64_t* rows, int64_t count, int64_t sorted) {
  std::partial_sort(rows, rows + sorted, rows + count, [&](int64_t a, int64_t b) {
    for (const int64_t *x = keys + a * width, *y = keys + b * width, *end = x + width; x < end; ++x, ++y)
      if (*x != *y) return *x < *y;
    return a < b;
  });
}

}  // namespace octavo
