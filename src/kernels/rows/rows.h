// Rows of float32 where they lie: products with each, and sums of all. What attention makes of a few queries and many
// keys and values, for which packing would cost more than the products.
#pragma once

#include <cstdint>

namespace octavo::kernels {

/// `count` rows of `size` elements, `step` elements from one to the next.
struct RowsF32 {
  const float* data;
  int64_t step;
  int64_t count, size;
};

/// y[i] = Σ x[k] · rows[i][k], in an order that does not depend on the instruction set.
void dot_rows_f32(const RowsF32&, const float* x, float* y);

/// y[k] = Σ weights[i] · rows[i][k], one row after the other.
void sum_rows_f32(const RowsF32&, const float* weights, float* y);

}  // namespace octavo::kernels
