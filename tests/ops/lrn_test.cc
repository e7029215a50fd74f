#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "support/close.h"
#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

TEST_CASE("LRN sums the squares of neighbouring channels, as ONNX's equation says") {
  const Shape shape{2, 5, 3};
  for (int64_t size : {1, 2, 3, 4, 7}) {
    const Tensor x = iota<float>(shape, -3, 0.4f);
    Tensor expected(DType::f32, shape);
    for (int64_t n = 0; n < 2; ++n)
      for (int64_t c = 0; c < 5; ++c)
        for (int64_t i = 0; i < 3; ++i) {
          double sum = 0;
          for (int64_t j = std::max<int64_t>(0, c - (size - 1) / 2); j <= std::min<int64_t>(4, c + size / 2);
               ++j)
            sum += std::pow(x.span<float>()[(n * 5 + j) * 3 + i], 2);
          const int64_t at = (n * 5 + c) * 3 + i;
          expected.span<float>()[at] =
              float(x.span<float>()[at] / std::pow(2 + 0.5 / double(size) * sum, 0.6));
        }
    CAPTURE(size);
    OpRunner op("LRN");
    op.attr("size", size).attr("alpha", 0.5f).attr("beta", 0.6f).attr("bias", 2.0f);
    check_close(op.input(iota<float>(shape, -3, 0.4f)).run1(), expected);
  }
}

TEST_CASE("LRN refuses what has no channels or no size") {
  Attrs attrs;
  CHECK(error_of([&] { infer_op("LRN", {{DType::f32, Shape{2, 3}}}, attrs); }) == "InvalidGraph: size is 0");
  attrs.set("size", 3);
  CHECK(error_of([&] { infer_op("LRN", {{DType::f32, Shape{2}}}, attrs); }) ==
        "InvalidGraph: input [2] has no channels");
  CHECK(*infer_op("LRN", {{DType::f32, Shape{kDynamic, 3}}}, attrs)[0].shape == Shape{kDynamic, 3});
}
