#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <limits>

#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

namespace {

template <class T> std::vector<T> range(T start, T limit, T delta) {
  OpRunner op("Range");
  for (T number : {start, limit, delta}) op.input(Tensor::scalar(number));
  return values<T>(op.run1());
}

}  // namespace

TEST_CASE("Range counts up and down, as numpy.arange does") {
  CHECK(range<float>(1, 2.1f, 0.5f) == std::vector<float>{1, 1.5f, 2});
  CHECK(range<double>(0, -3, -1) == std::vector<double>{0, -1, -2});
  CHECK(range<int16_t>(10, 6, -3) == std::vector<int16_t>{10, 7});
  CHECK(range<int32_t>(3, 3, 1).empty());
  CHECK(range<int64_t>(3, 0, 1).empty());
  CHECK(range<int64_t>(0, 1000, 1).back() == 999);
}

TEST_CASE("Range at the ends of the integers") {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min(), kMax = std::numeric_limits<int64_t>::max();
  CHECK(range<int64_t>(kMin, kMax, kMax) == Ints{kMin, -1, kMax - 1});
  CHECK(range<int64_t>(kMax, kMin, kMin) == Ints{kMax, -1});
}

TEST_CASE("Range refuses no step, no numbers and too many") {
  CHECK(error_of([] { range<float>(0, 1, 0); }) == "InvalidGraph: delta is 0");
  CHECK(error_of([] { range<float>(0, NAN, 1); }) == "InvalidGraph: start, limit or delta is not a number");
  CHECK(error_of([] { range<int64_t>(0, int64_t{1} << 62, 1); }).starts_with("OutOfMemory: "));
  CHECK(error_of([] { range<double>(0, INFINITY, 1); }).starts_with("OutOfMemory: "));
  const Operand number{DType::f32, Shape{}};
  CHECK(*infer_op("Range", {number, number, number})[0].shape == Shape{kDynamic});
  CHECK(error_of([&] { infer_op("Range", {number, {DType::f32, Shape{2}}, number}); }) ==
        "InvalidGraph: input 1 must have 1 element, but has shape [2]");
}
