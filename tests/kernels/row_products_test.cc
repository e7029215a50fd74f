#include "kernels/feedback/row_products.h"

#include <cmath>

#include "kernel_test.h"

using namespace octavo::kernels;
using namespace octavo::kernels::test;

TEST_CASE("products of the columns of rows are added up, and nothing beyond the last row is read") {
  Random random(5);
  for (const int columns : {1, 2, 3, 4, 5, 8, 9, 25, 31, kMostRowProductColumns})
    for (const int rows : {1, 2, 7, 40}) {
      CAPTURE(columns, rows);
      const auto x = random.reals(size_t(rows) * columns, -2, 3);
      std::vector<double> sums(size_t(columns) * (columns + 1) / 2, 0.5);
      add_row_products(x.data(), rows, columns, sums.data());
      const double* sum = sums.data();
      for (int i = 0; i < columns; ++i)
        for (int k = 0; k <= i; ++k, ++sum) {
          double expected = 0.5;
          for (int r = 0; r < rows; ++r)
            expected += double(x[size_t(r) * columns + i]) * double(x[size_t(r) * columns + k]);
          REQUIRE(std::abs(*sum - expected) < 1e-4);
        }
    }
}
