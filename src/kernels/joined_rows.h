// Short rows as long ones: where one operand is the same for each row (channels of an image times one factor each), a
// pattern of its copies lets many rows be computed as one.
#pragma once

#include <algorithm>
#include <cstring>

#include "kernels/strided.h"

namespace octavo::kernels {

namespace joined_rows_detail {

inline constexpr int64_t copies = 16, longest_row_bytes = 256;

/// The operand that repeats from row to row while the other one and the output go on, all without gaps; else -1.
inline int repeating_operand(const StridedBox<3>& box) {
  if (box.rank < 2) return -1;
  const auto &inner = box.steps[box.rank - 1], &outer = box.steps[box.rank - 2];
  const int64_t size = inner[2], row_bytes = size * box.dims[box.rank - 1];
  if (row_bytes > longest_row_bytes || inner[0] != size || inner[1] != size || outer[2] != row_bytes)
    return -1;
  if (outer[0] == 0 && outer[1] == row_bytes) return 0;
  if (outer[1] == 0 && outer[0] == row_bytes) return 1;
  return -1;
}

}  // namespace joined_rows_detail

/// As box.for_each_row for two operands and an output, with short rows joined where that is possible.
template <class Row>
void for_each_joined_row(const StridedBox<3>& box, StridedBox<3>::Pointers pointers, Row&& row) {
  using namespace joined_rows_detail;
  const int repeating = repeating_operand(box);
  if (repeating < 0) return box.for_each_row(pointers, row);
  const int64_t n = box.dims[box.rank - 1], rows = box.dims[box.rank - 2];
  const auto& steps = box.steps[box.rank - 1];
  const auto row_bytes = static_cast<size_t>(n * steps[2]);
  alignas(16) std::byte pattern[copies * longest_row_bytes];
  box.for_each(box.rank - 2, pointers, [&](StridedBox<3>::Pointers p) {
    for (int64_t i = 0; i < copies; ++i)
      std::memcpy(pattern + size_t(i) * row_bytes, p[repeating], row_bytes);
    p[repeating] = pattern;
    for (int64_t r = 0; r < rows; r += copies) {
      const int64_t count = std::min(copies, rows - r);
      row(p, count * n, steps);
      p[1 - repeating] += count * int64_t(row_bytes);
      p[2] += count * int64_t(row_bytes);
    }
  });
}

}  // namespace octavo::kernels
