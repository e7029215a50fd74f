#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <limits>
#include <random>

#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

namespace {

template <class T> std::vector<T> pow(Tensor base, Tensor exponent) {
  return values<T>(OpRunner("Pow").input(std::move(base)).input(std::move(exponent)).run1());
}

}  // namespace

TEST_CASE("Pow of float32") {
  CHECK(pow<float>(Tensor::of<float>({4}, {1, 2, 3, 9}), Tensor::of<float>({4}, {4, -1, 3, 0.5f})) ==
        std::vector<float>{1, 0.5f, 27, 3});
  CHECK(pow<float>(Tensor::of<float>({2, 2}, {1, 2, 3, 4}), Tensor::of<float>({2}, {1, 3})) ==
        std::vector<float>{1, 8, 3, 64});
  CHECK(std::isnan(pow<float>(Tensor::scalar(-1.0f), Tensor::scalar(0.5f))[0]));
  constexpr float kInf = std::numeric_limits<float>::infinity(),
                  kNan = std::numeric_limits<float>::quiet_NaN();
  // Every pair of special values is what C says.
  for (float base : {0.0f, -0.0f, 0.5f, 1.0f, 2.0f, -0.5f, -1.0f, -2.0f, kInf, -kInf, kNan}) {
    for (float exponent : {0.0f, 0.5f, -0.5f, 3.0f, -3.0f, 2e10f, -2e10f, kInf, -kInf, kNan}) {
      CAPTURE(base, exponent);
      const float expected = std::pow(base, exponent);
      const float y = pow<float>(Tensor::scalar(base), Tensor::scalar(exponent))[0];
      CHECK((std::isnan(expected) ? std::isnan(y) : y == expected));
      CHECK((std::isnan(expected) || std::signbit(y) == std::signbit(expected)));
    }
  }
  std::mt19937 random(1);
  for (int i = 0; i < 1000; ++i) {
    const float base = std::uniform_real_distribution<float>(0, 40)(random);
    const float exponent = std::uniform_real_distribution<float>(-20, 20)(random);
    const float y = pow<float>(Tensor::scalar(base), Tensor::scalar(exponent))[0];
    CAPTURE(base, exponent);
    CHECK(y == static_cast<float>(std::pow(static_cast<double>(base), static_cast<double>(exponent))));
  }
  CHECK(pow<float>(Tensor::of<float>({3}, {-2, 1e30f, 0.3f}), Tensor::of<float>({3}, {1e10f, 2.5f, 1.5f})) ==
        std::vector<float>{kInf, kInf, 0.16431677f});
}

TEST_CASE("Squares keep the shape that broadcasting gives") {
  CHECK(pow<float>(Tensor::of<float>({3}, {-1.5f, 2, 3}), Tensor::scalar(2.0f)) ==
        std::vector<float>{2.25f, 4, 9});
  const Tensor y = OpRunner("Pow").input(iota<float>({3})).input(Tensor::of<float>({1, 1}, {2})).run1();
  CHECK(y.shape() == Shape{1, 3});
  CHECK(values<float>(y) == std::vector<float>{0, 1, 4});
}

TEST_CASE("Pow mixes types; the base decides the result's") {
  CHECK(pow<float>(Tensor::of<float>({2}, {2, -3}), Tensor::of<int64_t>({2}, {10, 3})) ==
        std::vector<float>{1024, -27});
  CHECK(pow<float>(Tensor::of<float>({2}, {2, -3}), Tensor::of<int32_t>({2}, {-1, 2})) ==
        std::vector<float>{0.5f, 9});
  CHECK(pow<int64_t>(Tensor::of<int64_t>({3}, {3, -2, 7}), Tensor::of<int64_t>({3}, {39, 63, 0})) ==
        Ints{4052555153018976267, std::numeric_limits<int64_t>::min(), 1});
  CHECK(pow<int64_t>(Tensor::of<int64_t>({4}, {2, 1, -1, -1}), Tensor::of<int64_t>({4}, {-1, -5, -3, -2})) ==
        Ints{0, 1, -1, 1});
  CHECK(pow<int32_t>(Tensor::of<int32_t>({3}, {2, 3, -4}), Tensor::of<float>({3}, {0.5f, 2, 40})) ==
        std::vector<int32_t>{1, 9, std::numeric_limits<int32_t>::max()});
  CHECK(pow<int64_t>(Tensor::of<int64_t>({3}, {-4, 1000003, 9}), Tensor::of<float>({3}, {0.5f, 2, 0.5f})) ==
        Ints{0, 1000006000009, 3});
  CHECK(pow<float>(Tensor::scalar(-1.0f), Tensor::scalar(int64_t{16777217})) == std::vector<float>{-1});
}

TEST_CASE("Pow of further types") {
  CHECK(std::abs(pow<double>(Tensor::scalar(2.0), Tensor::scalar(0.1))[0] - std::pow(2.0, 0.1)) < 1e-14);
  CHECK(pow<double>(Tensor::scalar(-1.0), Tensor::scalar(9007199254740991.0))[0] == -1);
  CHECK(pow<double>(Tensor::scalar(-2.0), Tensor::scalar(1e300))[0] ==
        std::numeric_limits<double>::infinity());
  CHECK(pow<uint8_t>(Tensor::of<uint8_t>({2}, {3, 2}), Tensor::of<uint64_t>({2}, {4, 8})) ==
        std::vector<uint8_t>{81, 0});
  CHECK(pow<uint64_t>(Tensor::of<uint64_t>({2}, {UINT64_MAX, 3}), Tensor::of<int8_t>({2}, {-1, 40})) ==
        std::vector<uint64_t>{0, 12157665459056928801u});
  CHECK(pow<int8_t>(Tensor::of<int8_t>({2}, {-1, -1}), Tensor::of<uint64_t>({2}, {UINT64_MAX, 2})) ==
        std::vector<int8_t>{-1, 1});
}

TEST_CASE("Pow rejects other types") {
  CHECK(error_of([] { infer_op("Pow", {{DType::f32, Shape{2}}, {DType::boolean, Shape{2}}}); }) ==
        "Unsupported: input 1 is bool; supported: float32, float64, signed integers, unsigned integers");
}
