#include "kernels/rows/rows.h"

#include "kernels/fold.h"

namespace octavo::kernels {

namespace {

constexpr int kStep = static_cast<int>(lanes<float>);
// Columns that are summed at a time.
constexpr int kColumns = 32;

// The sums of N vectors of columns.
template <int N> void sum_columns(const RowsF32& rows, const float* weights, int64_t first, float* y) {
  Vector<float> sums[N] = {};
  const float* row = rows.data + first;
  for (int64_t i = 0; i < rows.count; ++i, row += rows.step) {
    const Vector<float> weight = splat(weights[i]);
    unrolled<N>(0, [&](int v) { sums[v] += weight * load(row + v * kStep); });
  }
  unrolled<N>(0, [&](int v) { store(y + first + v * kStep, sums[v]); });
}

}  // namespace

void dot_rows_f32(const RowsF32& rows, const float* x, float* y) {
  for (int64_t i = 0; i < rows.count; ++i)
    y[i] = sum_of(rows.size, [](auto a, auto b) { return a * b; }, x, rows.data + i * rows.step);
}

void sum_rows_f32(const RowsF32& rows, const float* weights, float* y) {
  int64_t k = 0;
  for (; k + kColumns <= rows.size; k += kColumns) sum_columns<kColumns / kStep>(rows, weights, k, y);
  for (; k + kStep <= rows.size; k += kStep) sum_columns<1>(rows, weights, k, y);
  for (; k < rows.size; ++k) {
    float sum = 0;
    for (int64_t i = 0; i < rows.count; ++i) sum += weights[i] * rows.data[i * rows.step + k];
    y[k] = sum;
  }
}

}  // namespace octavo::kernels
