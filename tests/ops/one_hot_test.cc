#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

TEST_CASE("OneHot adds an axis; indices may be negative or outside") {
  const auto one_hot = [](int axis, Tensor indices) {
    return OpRunner("OneHot")
        .attr("axis", axis)
        .input(std::move(indices))
        .input(Tensor::scalar<int64_t>(3))
        .input(Tensor::of<int8_t>({2}, {2, 7}))
        .run1();
  };
  const Tensor last = one_hot(-1, Tensor::of<int64_t>({4}, {0, -1, 3, -4}));
  CHECK(last.shape() == Shape{4, 3});
  CHECK(values<int8_t>(last) == std::vector<int8_t>{7, 2, 2, 2, 2, 7, 2, 2, 2, 2, 2, 2});
  const Tensor first = one_hot(0, Tensor::of<uint8_t>({2}, {2, 0}));
  CHECK(first.shape() == Shape{3, 2});
  CHECK(values<int8_t>(first) == std::vector<int8_t>{2, 7, 2, 2, 7, 2});
  // What is no integer is truncated, as a cast to int64 does.
  CHECK(values<int8_t>(one_hot(0, Tensor::of<float>({3}, {1.9f, NAN, 1e30f}))) ==
        std::vector<int8_t>{2, 2, 2, 7, 2, 2, 2, 2, 2});
  CHECK(one_hot(-1, Tensor::scalar<int32_t>(1)).shape() == Shape{3});
}

TEST_CASE("OneHot of an unknown depth, and depths that cannot be") {
  const Operand indices{DType::s64, Shape{kDynamic, 2}}, values{DType::f64, Shape{2}};
  const auto y = infer_op("OneHot", {indices, {DType::s64, Shape{}}, values});
  CHECK(*y[0].shape == Shape{kDynamic, 2, kDynamic});
  CHECK(y[0].dtype == DType::f64);
  for (const Tensor& depth : {Tensor::scalar<int64_t>(-1), Tensor::scalar(NAN)})
    CHECK(error_of([&] { infer_op("OneHot", {indices, Operand::of(depth), values}); }) ==
          "InvalidGraph: the depth is negative or not a number");
  CHECK(error_of([&] { infer_op("OneHot", {indices, {DType::s64, Shape{}}, {DType::f32, Shape{3}}}); }) ==
        "InvalidGraph: input 2 must have 2 elements, but has shape [3]");
}
