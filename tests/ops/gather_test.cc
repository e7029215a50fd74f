#include <catch2/catch_test_macros.hpp>

#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

TEST_CASE("Gather along each axis, with negative indices") {
  const auto gather = [](int axis, Tensor indices) {
    return OpRunner("Gather")
        .attr("axis", axis)
        .input(iota<float>({2, 3, 2}))
        .input(std::move(indices))
        .run1();
  };
  CHECK(values<float>(gather(0, Tensor::of<int64_t>({1}, {-1}))) == std::vector<float>{6, 7, 8, 9, 10, 11});
  const Tensor middle = gather(1, Tensor::of<int32_t>({2, 2}, {2, 0, -3, 1}));
  CHECK(middle.shape() == Shape{2, 2, 2, 2});
  CHECK(values<float>(middle) == std::vector<float>{4, 5, 0, 1, 0, 1, 2, 3, 10, 11, 6, 7, 6, 7, 8, 9});
  const Tensor scalar = gather(-1, Tensor::scalar<int64_t>(1));
  CHECK(scalar.shape() == Shape{2, 3});
  CHECK(values<float>(scalar) == std::vector<float>{1, 3, 5, 7, 9, 11});
  CHECK(gather(0, Tensor(DType::s64, {0})).shape() == Shape{0, 3, 2});
}

TEST_CASE("Gather of a shape's element") {
  CHECK(values<int64_t>(OpRunner("Gather")
                            .input(Tensor::of<int64_t>({3}, {5, 6, 7}))
                            .input(Tensor::scalar<int64_t>(1))
                            .run1()) == Ints{6});
  CHECK(*infer_op("Gather", {{DType::s64, Shape{kDynamic, 3}}, {DType::s64, Shape{kDynamic}}})[0].shape ==
        Shape{kDynamic, 3});
}

TEST_CASE("Gather rejects indices outside the axis and of other types") {
  for (int64_t index : {3, -4})
    CHECK(error_of([&] {
            OpRunner("Gather").input(iota<float>({3, 2})).input(Tensor::scalar<int64_t>(index)).run();
          }) == text("InvalidInput: index {} is outside axis 0 of shape [3,2]", index));
  CHECK(error_of([] { infer_op("Gather", {{DType::f32, Shape{2}}, {DType::f32, Shape{1}}}); }) ==
        "Unsupported: input 1 is float32; supported: int32, int64");
  CHECK(error_of([] { infer_op("Gather", {{DType::f32, Shape{}}, {DType::s64, Shape{1}}}); }) ==
        "InvalidGraph: axis 0 is outside a tensor of rank 0");
}
