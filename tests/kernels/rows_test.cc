#include "kernels/rows/rows.h"

#include <cmath>

#include "kernel_test.h"

using namespace octavo::kernels;
using namespace octavo::kernels::test;

TEST_CASE("products with rows and sums of rows are those of the equation, and read no more than the rows") {
  Random random(5);
  for (const int64_t size : {1, 3, 4, 15, 16, 33, 64, 80})
    for (const int64_t count : {1, 2, 7, 40}) {
      const int64_t step = size + 3;
      const auto memory = random.reals(static_cast<size_t>((count - 1) * step + size), -2, 2);
      const auto x = random.reals(size_t(size), -2, 2), weights = random.reals(size_t(count), -2, 2);
      const RowsF32 rows{memory.data(), step, count, size};
      std::vector<float> products(size_t(count) + 1, 77.0f), sums(size_t(size) + 1, 77.0f);
      dot_rows_f32(rows, x.data(), products.data());
      sum_rows_f32(rows, weights.data(), sums.data());
      CAPTURE(size, count);
      for (int64_t i = 0; i < count; ++i) {
        double want = 0;
        for (int64_t k = 0; k < size; ++k) want += double(x[size_t(k)]) * memory[size_t(i * step + k)];
        REQUIRE(std::abs(products[size_t(i)] - want) < 1e-4);
      }
      for (int64_t k = 0; k < size; ++k) {
        float want = 0;
        for (int64_t i = 0; i < count; ++i) want += weights[size_t(i)] * memory[size_t(i * step + k)];
        REQUIRE(sums[size_t(k)] == want);
      }
      REQUIRE(products.back() == 77.0f);
      REQUIRE(sums.back() == 77.0f);
    }
}
