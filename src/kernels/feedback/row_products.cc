#include "kernels/feedback/row_products.h"

#include <algorithm>
#include <cstddef>

#include "kernels/vectors.h"

namespace octavo::kernels {

void add_row_products(const float* x, int rows, int columns, double* sums) {
  constexpr int kLanes = lanes<float>;
  // A vector may reach beyond the row that it begins in: in the last rows, into this copy.
  const int copied = std::min(rows, kLanes);
  float copy[(kMostRowProductColumns + 1) * kLanes] = {};
  const float* const end = x + ptrdiff_t(rows - copied) * columns;
  std::copy_n(end, copied * columns, copy);
  const auto add = [columns](Vector<float>& sum, const float* from, const float* to, int i, int k) {
    for (; from != to; from += columns) sum += splat(from[i]) * load(from + k);
  };
  for (int i = 0; i < columns; ++i)
    for (int k = 0; k <= i; k += kLanes) {
      Vector<float> sum = {};
      add(sum, x, end, i, k);
      add(sum, copy, copy + copied * columns, i, k);
      float parts[kLanes];
      store(parts, sum);
      for (int lane = 0; lane < kLanes && k + lane <= i; ++lane) *sums++ += static_cast<double>(parts[lane]);
    }
}

}  // namespace octavo::kernels
