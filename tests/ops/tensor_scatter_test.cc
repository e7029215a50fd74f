#include <catch2/catch_test_macros.hpp>

#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

TEST_CASE("TensorScatter writes each batch at its place, and around the end where it is circular") {
  const auto scatter = [](std::string mode, int64_t first, int64_t second) {
    return OpRunner("TensorScatter")
        .attr("mode", std::move(mode))
        .input(Tensor::of<int8_t>({2, 3, 1}, {1, 2, 3, 4, 5, 6}))
        .input(Tensor::of<int8_t>({2, 2, 1}, {-1, -2, -3, -4}))
        .input(Tensor::of<int64_t>({2}, {first, second}))
        .run1();
  };
  using Values = std::vector<int8_t>;
  CHECK(values<int8_t>(scatter("linear", 1, 0)) == Values{1, -1, -2, -3, -4, 6});
  CHECK(values<int8_t>(scatter("circular", 2, 0)) == Values{-2, 2, -1, -3, -4, 6});
  CHECK(error_of([&] { scatter("linear", 0, 2); }) ==
        "InvalidInput: write index 2 of batch 1: a cache of 3 has no room for 2 more");
  CHECK(error_of([&] { scatter("circular", 3, 0); }).starts_with("InvalidInput: write index 3 of batch 0"));
  CHECK(error_of([&] { scatter("linear", -1, 0); }).starts_with("InvalidInput: write index -1"));
  CHECK(error_of([&] { scatter("spiral", 0, 0); }) == "Unsupported: mode 'spiral' is not supported");
}

TEST_CASE("TensorScatter without places writes at the beginning; shapes must fit") {
  const Tensor y = OpRunner("TensorScatter")
                       .attr("axis", 1)
                       .input(iota<float>({1, 3, 2}))
                       .input(Tensor::of<float>({1, 1, 2}, {8, 9}))
                       .run1();
  CHECK(values<float>(y) == std::vector<float>{8, 9, 2, 3, 4, 5});
  CHECK(error_of([] {
          infer_op("TensorScatter", {{DType::f32, Shape{1, 3, 2}}, {DType::f32, Shape{1, 4, 2}}});
        }) == "InvalidGraph: an update of shape [1,4,2] does not fit a cache of shape [1,3,2]");
  CHECK(error_of([] { infer_op("TensorScatter", {{DType::f32, Shape{3, 2}}, {DType::f32, Shape{3, 2}}}); }) ==
        "InvalidGraph: the axis is that of the batch");
}
