#include <catch2/catch_test_macros.hpp>
#include <cstdint>

#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

namespace {

Tensor where(Tensor condition, Tensor x, Tensor y) {
  return OpRunner("Where").input(std::move(condition)).input(std::move(x)).input(std::move(y)).run1();
}

// True where the number is even.
Tensor even(Shape shape) {
  Tensor flags(DType::boolean, std::move(shape));
  for (std::size_t i = 0; i < flags.bytes(); ++i) flags.span<bool>()[i] = i % 2 == 0;
  return flags;
}

}  // namespace

TEST_CASE("Where selects elements of every size") {
  const auto check = []<class T>(T) {
    const auto y = values<T>(where(even({7}), iota<T>({7}, 1), iota<T>({7}, 100)));
    CHECK(y == std::vector<T>{1, 101, 3, 103, 5, 105, 7});
  };
  check(uint8_t{});
  check(int16_t{});
  check(0.0f);
  check(int32_t{});
  check(0.0);
  check(int64_t{});
  CHECK(values<bool>(where(even({2}), Tensor::scalar(false), Tensor::of<bool>({2}, {false, true}))) ==
        std::vector<bool>{false, true});
}

TEST_CASE("Where broadcasts all three") {
  const Tensor y = where(even({3, 1}), iota<float>({9}), iota<float>({2, 1, 1}, -1, -1));
  REQUIRE(y.shape() == Shape{2, 3, 9});
  for (int64_t i = 0; i < 2; ++i)
    for (int64_t j = 0; j < 3; ++j)
      for (int64_t k = 0; k < 9; ++k) {
        const auto expected = static_cast<float>(j % 2 == 0 ? k : -1 - i);
        REQUIRE(y.span<float>()[(i * 3 + j) * 9 + k] == expected);
      }
  CHECK(values<float>(where(even({9}), Tensor::scalar(1.0f), iota<float>({9}, 10))) ==
        std::vector<float>{1, 11, 1, 13, 1, 15, 1, 17, 1});
  CHECK(values<float>(where(Tensor::scalar(true), iota<float>({3}), Tensor::scalar(7.0f))) ==
        std::vector<float>{0, 1, 2});
  CHECK(where(even({0}), Tensor::scalar(1.0f), Tensor::scalar(2.0f)).shape() == Shape{0});
}

TEST_CASE("Any byte but 0 is a true condition") {
  Tensor condition(DType::boolean, {5});
  for (uint8_t i = 0; i < 5; ++i) condition.span<uint8_t>()[i] = i == 2 ? 0 : uint8_t(0x80 + i);
  CHECK(values<float>(where(std::move(condition), Tensor::scalar(1.0f), Tensor::scalar(0.0f))) ==
        std::vector<float>{1, 1, 0, 1, 1});
}

TEST_CASE("Where infers dynamic dimensions and rejects what does not fit") {
  const auto y =
      infer_op("Where", {{DType::boolean, Shape{kDynamic, 1}}, {DType::s8, Shape{4}}, {DType::s8, Shape{}}});
  CHECK(*y[0].shape == Shape{kDynamic, 4});
  CHECK(y[0].dtype == DType::s8);
  CHECK(error_of([] {
          infer_op("Where", {{DType::u8, Shape{}}, {DType::f32, Shape{}}, {DType::f32, Shape{}}});
        }) == "Unsupported: input 0 is uint8; supported: bool");
  CHECK(error_of([] {
          infer_op("Where", {{DType::boolean, Shape{}}, {DType::f32, Shape{}}, {DType::f64, Shape{}}});
        }) == "InvalidGraph: input 1 is float32 but input 2 is float64");
  CHECK(error_of([] {
          infer_op("Where", {{DType::boolean, Shape{2}}, {DType::f32, Shape{3}}, {DType::f32, Shape{}}});
        }) == "InvalidGraph: shapes [2] and [3] do not broadcast");
}
