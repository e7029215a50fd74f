#include <catch2/catch_test_macros.hpp>
#include <limits>

#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

TEST_CASE("EyeLike has ones on a diagonal") {
  const auto eye = [](Shape shape, int64_t k) {
    return values<uint8_t>(OpRunner("EyeLike").attr("k", k).input(Tensor(DType::u8, shape)).run1());
  };
  CHECK(eye({2, 3}, 0) == std::vector<uint8_t>{1, 0, 0, 0, 1, 0});
  CHECK(eye({2, 3}, 2) == std::vector<uint8_t>{0, 0, 1, 0, 0, 0});
  CHECK(eye({3, 2}, -1) == std::vector<uint8_t>{0, 0, 1, 0, 0, 1});
  for (int64_t k : {int64_t{9}, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()})
    CHECK(eye({2, 2}, k) == std::vector<uint8_t>(4, 0));
  CHECK(eye({0, 2}, 0).empty());
}

TEST_CASE("EyeLike of another type") {
  const Tensor y = OpRunner("EyeLike").attr("dtype", 11).input(Tensor(DType::s64, {1, 2})).run1();
  CHECK(values<double>(y) == std::vector<double>{1, 0});
  CHECK(*infer_op("EyeLike", {{DType::f32, Shape{kDynamic, 2}}})[0].shape == Shape{kDynamic, 2});
  CHECK(error_of([] { infer_op("EyeLike", {{DType::f32, Shape{2}}}); }) ==
        "InvalidGraph: needs a matrix, not shape [2]");
  CHECK(error_of([] { OpRunner("EyeLike").attr("dtype", 8).input(Tensor(DType::f32, {1, 1})).run(); }) ==
        "Unsupported: the type of the attribute 'dtype' is not supported");
}
