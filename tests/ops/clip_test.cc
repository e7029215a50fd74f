#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <limits>

#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

TEST_CASE("Clip with both bounds, one or none") {
  const auto x = [] { return Tensor::of<float>({4}, {-9, -0.5f, 0.5f, 9}); };
  CHECK(values<float>(
            OpRunner("Clip").input(x()).input(Tensor::scalar(-1.0f)).input(Tensor::scalar(1.0f)).run1()) ==
        std::vector<float>{-1, -0.5f, 0.5f, 1});
  CHECK(values<float>(OpRunner("Clip").input(x()).absent().input(Tensor::scalar(1.0f)).run1()) ==
        std::vector<float>{-9, -0.5f, 0.5f, 1});
  CHECK(values<float>(OpRunner("Clip").input(x()).input(Tensor::scalar(0.0f)).run1()) ==
        std::vector<float>{0, 0, 0.5f, 9});
  CHECK(values<float>(OpRunner("Clip").input(x()).run1()) == values<float>(x()));
}

TEST_CASE("Clip where the bounds cross gives the upper one, as numpy does") {
  CHECK(values<float>(OpRunner("Clip")
                          .input(Tensor::of<float>({3}, {-2, 1.5f, 6}))
                          .input(Tensor::scalar(2.0f))
                          .input(Tensor::scalar(1.0f))
                          .run1()) == std::vector<float>{1, 1, 1});
}

TEST_CASE("Clip lets NaN through and infinities be bounds") {
  const auto y = values<float>(OpRunner("Clip")
                                   .input(Tensor::of<float>({2}, {std::nanf(""), 7}))
                                   .input(Tensor::scalar(0.0f))
                                   .input(Tensor::scalar(std::numeric_limits<float>::infinity()))
                                   .run1());
  CHECK(std::isnan(y[0]));
  CHECK(y[1] == 7);
}

TEST_CASE("Clip of integers") {
  CHECK(values<int64_t>(OpRunner("Clip")
                            .input(Tensor::of<int64_t>({3}, {-(int64_t{1} << 40), 3, int64_t{1} << 40}))
                            .input(Tensor::scalar<int64_t>(-5))
                            .run1()) == Ints{-5, 3, int64_t{1} << 40});
  CHECK(values<int8_t>(OpRunner("Clip")
                           .input(Tensor::of<int8_t>({3}, {-100, 3, 100}))
                           .absent()
                           .input(Tensor::scalar<int8_t>(50))
                           .run1()) == std::vector<int8_t>{-100, 3, 50});
}

TEST_CASE("Clip of further types") {
  CHECK(values<uint64_t>(OpRunner("Clip")
                             .input(Tensor::of<uint64_t>({3}, {1, 7, UINT64_MAX}))
                             .input(Tensor::scalar<uint64_t>(5))
                             .input(Tensor::scalar<uint64_t>(UINT64_MAX - 1))
                             .run1()) == std::vector<uint64_t>{5, 7, UINT64_MAX - 1});
  const auto y = values<double>(OpRunner("Clip")
                                    .input(Tensor::of<double>({3}, {std::nan(""), 1e-300, 9}))
                                    .absent()
                                    .input(Tensor::scalar(1.0))
                                    .run1());
  CHECK(std::isnan(y[0]));
  CHECK(y[1] == 1e-300);
  CHECK(y[2] == 1);
  CHECK(error_of([] { infer_op("Clip", {{DType::boolean, Shape{2}}}); }) ==
        "Unsupported: input 0 is bool; supported: float32, float64, signed integers, unsigned integers");
}

TEST_CASE("Clip's table function, and what keeps it from being one") {
  OpRunner clip("Clip");
  clip.input(Tensor::scalar(0.0f)).constant(Tensor::scalar(2.0f));
  CHECK(clip.obstacle().empty());
  CHECK(clip.function(1) == 2);
  CHECK(clip.function(3) == 3);
  OpRunner computed("Clip");
  computed.input(Tensor::scalar(0.0f)).absent().input(Tensor::scalar(2.0f));
  CHECK(computed.obstacle() == "its bounds are not constant");
}

TEST_CASE("Clip rejects bounds of another type or shape") {
  CHECK(error_of([] { infer_op("Clip", {{DType::f32, Shape{2}}, {DType::s64, Shape{}}}); }) ==
        "InvalidGraph: input 0 is float32 but input 1 is int64");
  CHECK(error_of([] { infer_op("Clip", {{DType::f32, Shape{2}}, {DType::f32, Shape{2}}}); }) ==
        "InvalidGraph: input 1 must be one number, but has shape [2]");
}
