#include "kernels/joined_rows.h"

#include <algorithm>
#include <cstring>

namespace octavo::kernels {

namespace {

constexpr int64_t kCopies = 16, kLongestRowBytes = 256;

// The operand that repeats from row to row while the other one and the output go on, all without gaps; else -1.
int repeating_operand(const StridedBox<3>& box) {
  if (box.rank < 2) return -1;
  const auto &inner = box.steps[box.rank - 1], &outer = box.steps[box.rank - 2];
  const int64_t size = inner[2], row_bytes = size * box.dims[box.rank - 1];
  if (row_bytes > kLongestRowBytes || inner[0] != size || inner[1] != size || outer[2] != row_bytes)
    return -1;
  if (outer[0] == 0 && outer[1] == row_bytes) return 0;
  if (outer[1] == 0 && outer[0] == row_bytes) return 1;
  return -1;
}

}  // namespace

void for_each_joined_row(const StridedBox<3>& box, StridedBox<3>::Pointers pointers, JoinedRow* row,
                         const void* context) {
  const int repeating = repeating_operand(box);
  const int joined = repeating < 0 ? 1 : 2;  // axes
  const int64_t n = box.rank > 0 ? box.dims[box.rank - 1] : 1;
  const auto steps = box.rank > 0 ? box.steps[box.rank - 1] : StridedBox<3>::Steps{};
  box.for_each(std::max(box.rank - joined, 0), pointers, [&](StridedBox<3>::Pointers p) {
    if (repeating < 0) return row(context, p, n, steps);
    const int64_t rows = box.dims[box.rank - 2], row_bytes = n * steps[2];
    alignas(16) std::byte pattern[kCopies * kLongestRowBytes];
    for (int64_t i = 0; i < kCopies; ++i)
      std::memcpy(pattern + i * row_bytes, p[repeating], static_cast<std::size_t>(row_bytes));
    p[repeating] = pattern;
    for (int64_t r = 0; r < rows; r += kCopies) {
      const int64_t count = std::min(kCopies, rows - r);
      row(context, p, count * n, steps);
      p[1 - repeating] += count * row_bytes;
      p[2] += count * row_bytes;
    }
  });
}

}  // namespace octavo::kernels
