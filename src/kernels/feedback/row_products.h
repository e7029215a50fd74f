// Sums of products of the columns of rows, of few columns: what a depthwise convolution multiplies with its filters.
#pragma once

namespace octavo::kernels {

inline constexpr int kMostRowProductColumns = 32;

// sums[i·(i + 1)/2 + k] += Σ_r x[r][i] · x[r][k] for k <= i < columns <= kMostRowProductColumns, x [rows, columns]. The
// sum over r is made in float32, in order, so rows are to be a few hundred at most; it is added in float64.
void add_row_products(const float* x, int rows, int columns, double* sums);

}  // namespace octavo::kernels
