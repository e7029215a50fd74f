#include "kernels/norm/norm.h"

#include <cmath>

#include "kernel_test.h"

using namespace octavo::kernels;
using namespace octavo::kernels::test;

namespace {

// The equation in float64.
void normalize(const NormF32& norm, int64_t rows, const float* x, double* y, double* mean, double* inverse) {
  const int64_t n = norm.channels * norm.inner;
  for (int64_t row = 0; row < rows; ++row, x += n, y += n) {
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < n; ++i) sum += x[i];
    mean[row] = norm.centers ? sum / double(n) : 0;
    for (int64_t i = 0; i < n; ++i) squares += (x[i] - mean[row]) * (x[i] - mean[row]);
    inverse[row] = 1 / std::sqrt(squares / double(n) + norm.epsilon);
    for (int64_t i = 0; i < n; ++i) {
      const int64_t c = row % norm.groups * norm.channels + i / norm.inner;
      y[i] = (x[i] - mean[row]) * inverse[row] * (norm.scale ? norm.scale[c] : 1) +
             (norm.bias ? norm.bias[c] : 0);
    }
  }
}

void check(int64_t rows, int64_t groups, int64_t channels, int64_t inner, float offset, Random& random) {
  const auto size = size_t(rows * channels * inner);
  const auto x = random.reals(size, offset - 2, offset + 2);
  const auto scale = random.reals(size_t(groups * channels), -2, 2), bias = random.reals(scale.size(), -2, 2);
  for (int variant = 0; variant < 8; ++variant) {
    std::vector<float> mean(static_cast<size_t>(rows)), inverse(mean.size()), y(size + 1, 77.0f);
    NormF32 norm{groups, channels,         inner,       scale.data(),  bias.data(),
                 1e-5f,  variant % 2 == 0, mean.data(), inverse.data()};
    if (variant & 2) norm.bias = nullptr;
    if (variant & 4) norm.scale = nullptr;
    if (variant & 4) norm.bias = nullptr;
    std::vector<double> want(size), want_mean(mean.size()), want_inverse(mean.size());
    normalize(norm, rows, x.data(), want.data(), want_mean.data(), want_inverse.data());
    normalize_f32(norm, x.data(), y.data(), 0, rows / 2);
    normalize_f32(norm, x.data(), y.data(), rows / 2, rows);
    CAPTURE(rows, groups, channels, inner, offset, variant);
    // What an offset costs is the rounding of x - mean.
    const double tolerance = 1e-5 * (1 + std::abs(offset));
    for (size_t i = 0; i < size; ++i)
      REQUIRE(std::abs(y[i] - want[i]) <= tolerance * (1 + std::abs(want[i])));
    for (size_t i = 0; i < mean.size(); ++i) {
      REQUIRE(std::abs(mean[i] - want_mean[i]) <= tolerance);
      REQUIRE(std::abs(inverse[i] / want_inverse[i] - 1) <= tolerance);
    }
    REQUIRE(y[size] == 77.0f);
    // In place, and without statistics, the same bits.
    std::vector<float> same = x;
    norm.mean = norm.inverse_deviation = nullptr;
    normalize_f32(norm, same.data(), same.data(), 0, rows);
    REQUIRE(std::memcmp(same.data(), y.data(), size * sizeof(float)) == 0);
  }
}

}  // namespace

TEST_CASE("normalize_f32 equals its formula", "[norm]") {
  Random random(1);
  for (int n : swept_sizes())
    if (n > 1) check(3, 1, n, 1, 0, random);
  for (int64_t inner : {1, 2, 7, 16, 49}) {
    check(6, 3, 4, inner, 0, random);
    check(4, 2, 1, inner + 1, 0, random);
  }
  check(2, 1, 3000, 1, 0, random);
}

TEST_CASE("normalize_f32 is accurate far from 0", "[norm]") {
  Random random(2);
  check(2, 1, 768, 1, 100, random);
}

TEST_CASE("One NaN makes its row NaN, and no other", "[norm]") {
  std::vector<float> x(3 * 19, 1.0f), y(x.size());
  x[20] = std::nanf("");
  normalize_f32({1, 19, 1, nullptr, nullptr, 1e-5f, true, nullptr, nullptr}, x.data(), y.data(), 0, 3);
  for (size_t i = 0; i < y.size(); ++i) CHECK(std::isnan(y[i]) == (i / 19 == 1));
  CHECK(y[0] == 0);
}
