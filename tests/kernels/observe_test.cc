#include "kernels/observe/observe.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "kernel_test.h"

using namespace octavo::kernels;
using namespace octavo::kernels::test;

TEST_CASE("find_extremes sees every element", "[observe]") {
  Random random(1);
  for (int n : swept_sizes()) {
    CAPTURE(n);
    std::vector<float> x = random.reals(size_t(n), -3, 5);
    for (int i = 0; i < n; ++i) {
      const auto [min, max] = std::ranges::minmax(x);
      Extremes found = find_extremes(x.data(), x.size());
      REQUIRE(found.min == min);
      REQUIRE(found.max == max);
      REQUIRE_FALSE(found.has_nan);
      const float kept = std::exchange(x[size_t(i)], std::nanf(""));
      REQUIRE(find_extremes(x.data(), x.size()).has_nan);
      x[size_t(i)] = i % 2 ? 10 + float(i) : -10 - float(i);
      found = find_extremes(x.data(), x.size());
      REQUIRE((i % 2 ? found.max : found.min) == x[size_t(i)]);
      x[size_t(i)] = kept;
    }
  }
  CHECK(find_extremes(nullptr, 0).min == std::numeric_limits<float>::infinity());
}

TEST_CASE("count_bins counts every element once, where the equation says", "[observe]") {
  Random random(2);
  for (int n : {0, 1, 5, 255, 256, 257, 1000}) {
    for (const Bins& bins : {Bins{-1, 2, 2}, Bins{-1, 2, 7}, Bins{-1, 2, 2048},
                             Bins{-3e38f, std::numeric_limits<float>::infinity(), 16}}) {
      CAPTURE(n, bins.min, bins.count);
      const std::vector<float> x = random.reals(size_t(n), -1, 1);
      std::vector<uint32_t> expected(size_t(bins.count)), tables(size_t(bins.count * bin_tables));
      for (float value : x) {
        const float position = (value - bins.min) * float(bins.count) / bins.width;
        ++expected[size_t(position < float(bins.count - 1) ? position : float(bins.count - 1))];
      }
      count_bins(bins, x.data(), x.size(), tables.data());
      for (int bin = 0; bin < bins.count; ++bin) {
        uint32_t count = 0;
        for (int table = 0; table < bin_tables; ++table) count += tables[size_t(table * bins.count + bin)];
        REQUIRE(count == expected[size_t(bin)]);
      }
    }
  }
}
