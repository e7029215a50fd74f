#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

namespace {

constexpr int64_t kCount = 40000;

struct Moments {
  double mean = 0, variance = 0;
  explicit Moments(const std::vector<float>& numbers) {
    for (float x : numbers) mean += x / static_cast<double>(numbers.size());
    for (float x : numbers) variance += (x - mean) * (x - mean) / static_cast<double>(numbers.size());
  }
};

OpRunner random(std::string_view op, float seed = 1) { return std::move(OpRunner(op).attr("seed", seed)); }

}  // namespace

TEST_CASE("RandomUniform is even in its range, and the same for the same seed") {
  const auto draw = [](float seed) {
    return values<float>(random("RandomUniform", seed)
                             .attr("low", -1.0f)
                             .attr("high", 3.0f)
                             .attr("shape", Ints{4, kCount / 4})
                             .run1());
  };
  const auto numbers = draw(1);
  CHECK(std::ranges::min(numbers) >= -1);
  CHECK(std::ranges::max(numbers) < 3);
  const Moments moments(numbers);
  CHECK(std::abs(moments.mean - 1) < 0.03);
  CHECK(std::abs(moments.variance - 16.0 / 12) < 0.03);
  CHECK(numbers == draw(1));
  CHECK(numbers != draw(2));
  CHECK(numbers != draw(1.5f));
}

TEST_CASE("RandomNormal has its mean and scale") {
  const Moments moments(values<float>(
      random("RandomNormal").attr("mean", 2.0f).attr("scale", 3.0f).attr("shape", Ints{kCount}).run1()));
  CHECK(std::abs(moments.mean - 2) < 0.06);
  CHECK(std::abs(moments.variance - 9) < 0.25);
}

TEST_CASE("Random numbers like a tensor, of its type or another") {
  const Tensor doubles = random("RandomNormalLike").input(Tensor(DType::f64, {2, 3})).run1();
  CHECK(doubles.dtype() == DType::f64);
  CHECK(doubles.shape() == Shape{2, 3});
  CHECK(random("RandomUniformLike").attr("dtype", 1).input(Tensor(DType::s64, {4})).run1().dtype() ==
        DType::f32);
}

TEST_CASE("Bernoulli draws 1 as often as its input says") {
  Tensor p(DType::f32, {kCount});
  for (float& x : p.span<float>()) x = 0.25f;
  const Tensor y = random("Bernoulli").attr("dtype", 6).input(std::move(p)).run1();
  const auto drawn = values<int32_t>(y);
  CHECK(std::abs(std::ranges::count(drawn, 1) - kCount / 4) < kCount / 100);
  CHECK(std::ranges::count(drawn, 0) + std::ranges::count(drawn, 1) == kCount);
  CHECK(values<float>(random("Bernoulli").input(Tensor::of<float>({2}, {0, 1})).run1()) ==
        std::vector<float>{0, 1});
}

TEST_CASE("Multinomial draws classes by their log-probabilities, which need no sum") {
  const Tensor y = random("Multinomial")
                       .attr("sample_size", kCount)
                       .attr("dtype", 7)
                       .input(Tensor::of<float>(
                           {2, 3}, {std::log(1.0f), std::log(2.0f), std::log(5.0f), -INFINITY, -INFINITY, 0}))
                       .run1();
  CHECK(y.shape() == Shape{2, kCount});
  const auto drawn = values<int64_t>(y);
  const auto middle = drawn.begin() + kCount;
  CHECK(std::abs(std::count(drawn.begin(), middle, 0) - kCount / 8) < kCount / 100);
  CHECK(std::abs(std::count(drawn.begin(), middle, 1) - kCount / 4) < kCount / 100);
  CHECK(std::count(middle, drawn.end(), 2) == kCount);
}

TEST_CASE("Random operators refuse what they cannot repeat or make") {
  const Operand x{DType::f32, Shape{2}};
  for (std::string_view op : {"RandomUniformLike", "RandomNormalLike", "Bernoulli", "Multinomial"})
    CHECK(error_of([&] { infer_op(op, {x}); }) ==
          "Unsupported: needs the attribute 'seed': a run gives the same each time");
  Attrs attrs;
  attrs.set("seed", 1.0f);
  CHECK(*infer_op("Bernoulli", {{DType::f32, Shape{kDynamic}}}, attrs)[0].shape == Shape{kDynamic});
  CHECK(error_of([&] { infer_op("Multinomial", {x}, attrs); }) ==
        "InvalidGraph: needs a matrix, not shape [2]");
  CHECK(error_of([&] { infer_op("Multinomial", {{DType::f32, Shape{2, 0}}}, attrs); }) ==
        "InvalidGraph: there are no classes in shape [2,0]");
  attrs.set("shape", Ints{-1});
  CHECK(error_of([&] { infer_op("RandomUniform", {}, attrs); }) == "InvalidGraph: dimension -1 is negative");
}
