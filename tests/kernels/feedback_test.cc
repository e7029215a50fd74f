#include "kernels/feedback/feedback.h"

#include <cmath>
#include <limits>

#include "kernel_test.h"

using namespace octavo::kernels;
using namespace octavo::kernels::test;

namespace {

// Σ xᵀ·x of n + 5 rows, and a little more on the diagonal.
std::vector<double> random_gram(Random& random, int n) {
  std::vector<double> h(size_t(n) * n);
  for (int row = 0; row < n + 5; ++row) {
    const auto x = random.reals(size_t(n), -1, 1.5f);
    for (int i = 0; i < n; ++i)
      for (int k = 0; k < n; ++k) h[size_t(i) * n + k] += double(x[size_t(i)]) * double(x[size_t(k)]);
  }
  for (int i = 0; i < n; ++i) h[size_t(i) * n + i] += 0.25;
  return h;
}

bool make_factor(std::vector<double>& h, std::vector<double>& d, int n, int pieces = 1) {
  return factor_feedback({h.data(), d.data(), n}, [&](int count, const auto& take_out) {
    // In no particular order, cut between blocks of rows.
    for (int piece = pieces - 1; piece >= 0; --piece)
      take_out(count / 4 * piece / pieces * 4,
               piece + 1 == pieces ? count : count / 4 * (piece + 1) / pieces * 4);
  });
}

}  // namespace

TEST_CASE("the factors of a matrix make it up again") {
  Random random(3);
  for (const int n : {1, 2, 7, 8, 9, 12, 16, 27}) {
    const auto h = random_gram(random, n);
    auto factor = h;
    std::vector<double> d(size_t(n), 0);
    REQUIRE(make_factor(factor, d, n));
    const auto u = [&](int i, int j) { return i == j ? 1 : i < j ? factor[size_t(i) * n + j] : 0; };
    for (int i = 0; i < n; ++i) {
      REQUIRE(d[size_t(i)] > 0);
      for (int k = 0; k <= i; ++k) {
        double sum = 0;
        for (int j = 0; j < n; ++j) sum += u(i, j) * d[size_t(j)] * u(k, j);
        CAPTURE(n, i, k);
        REQUIRE(std::abs(sum - h[size_t(i) * n + k]) < 1e-10);
      }
    }
  }
}

TEST_CASE("a factor that is made in pieces has the same bits") {
  Random random(4);
  for (const int n : {7, 40, 67}) {
    const auto h = random_gram(random, n);
    auto whole = h, in_pieces = h;
    std::vector<double> d(size_t(n), 0), d_in_pieces = d;
    REQUIRE(make_factor(whole, d, n));
    REQUIRE(make_factor(in_pieces, d_in_pieces, n, 3));
    CHECK(d == d_in_pieces);
    for (int i = 0; i < n; ++i)
      for (int j = i + 1; j < n; ++j) REQUIRE(whole[size_t(i) * n + j] == in_pieces[size_t(i) * n + j]);
  }
}

TEST_CASE("a matrix that is not positive definite has no factors") {
  std::vector<double> h{1, 0, 2, 1}, d(2);
  REQUIRE_FALSE(make_factor(h, d, 2));
  std::vector<double> zero{0};
  REQUIRE_FALSE(make_factor(zero, d, 1));
  std::vector<double> infinite{std::numeric_limits<double>::infinity()};
  REQUIRE_FALSE(make_factor(infinite, d, 1));
  std::vector<double> nan{std::nan("")};
  REQUIRE_FALSE(make_factor(nan, d, 1));
}

TEST_CASE("whatever the factors, what comes out is in the range") {
  const double u[] = {0, std::numeric_limits<double>::infinity(), 0, 0}, d[] = {1, 1},
               weights[] = {0.25, 0.25};
  const FeedbackStep steps[] = {{1, 0}, {1, 0}};
  double integers[2], error;
  round_rows({u, d, 2}, {weights, steps, integers, &error, 1, -7, 7, true});
  REQUIRE(integers[0] == 0);
  REQUIRE(integers[1] == 7);
  const double none[] = {0.25, std::nan("")};
  round_rows({u, d, 2}, {none, steps, integers, &error, 1, -7, 7, false});
  REQUIRE(std::abs(integers[1]) <= 7);
}

TEST_CASE("rows are rounded as the equation says, and their errors are those of the products") {
  Random random(4);
  for (const int n : {1, 7, 8, 9, 20}) {
    const auto h = random_gram(random, n);
    auto factor = h;
    std::vector<double> d(size_t(n), 0);
    REQUIRE(make_factor(factor, d, n));
    constexpr int kCount = 6, kMax = 7;
    const auto reals = random.reals(size_t(kCount) * n, -8.5f, 8.5f);
    const std::vector<double> weights(reals.begin(), reals.end());
    std::vector<FeedbackStep> steps(weights.size());
    for (size_t i = 0; i < steps.size(); ++i) steps[i] = {0.5 + double(i % 5) / 3, double(i % 4) - 1};
    double sums[2] = {};
    for (const bool feeds : {false, true}) {
      std::vector<double> integers(weights.size()), errors(kCount);
      round_rows({factor.data(), d.data(), n},
                 {weights.data(), steps.data(), integers.data(), errors.data(), kCount, -kMax, kMax, feeds});
      for (int r = 0; r < kCount; ++r) {
        CAPTURE(n, feeds, r);
        std::vector<double> rest(size_t(n), 0);
        for (int k = 0; k < n; ++k) {
          double t = weights[size_t(r * n + k)];
          for (int i = 0; feeds && i < k; ++i) t += rest[size_t(i)] * factor[size_t(i) * n + k];
          const auto [scale, zero_point] = steps[size_t(r * n + k)];
          const double want = std::clamp<double>(std::nearbyint(t / scale + zero_point), -kMax, kMax);
          REQUIRE(integers[size_t(r * n + k)] == want);
          rest[size_t(k)] = weights[size_t(r * n + k)] - (want - zero_point) * scale;
        }
        double error = 0;
        for (int i = 0; i < n; ++i)
          for (int k = 0; k < n; ++k) error += rest[size_t(i)] * h[size_t(i) * n + k] * rest[size_t(k)];
        REQUIRE(std::abs(error - errors[size_t(r)]) < 1e-8);
        sums[feeds] += error;
      }
    }
    if (n > 1) REQUIRE(sums[true] < sums[false]);
  }
}
