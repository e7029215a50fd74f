#include <catch2/catch_test_macros.hpp>

#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

TEST_CASE("Shape, whole and in part") {
  const auto shape = [](int start, int end) {
    return values<int64_t>(
        OpRunner("Shape").attr("start", start).attr("end", end).input(Tensor(DType::u8, {2, 3, 4})).run1());
  };
  CHECK(values<int64_t>(OpRunner("Shape").input(Tensor(DType::f32, {2, 0})).run1()) == Ints{2, 0});
  CHECK(shape(1, 3) == Ints{3, 4});
  CHECK(shape(-2, 100) == Ints{3, 4});
  CHECK(shape(0, -1) == Ints{2, 3});
  CHECK(shape(-100, 1) == Ints{2});
  CHECK(shape(2, 1).empty());
  CHECK(OpRunner("Shape").input(Tensor::scalar(1.0f)).run1().shape() == Shape{0});
  CHECK(*infer_op("Shape", {{DType::f32, Shape{kDynamic, 3}}})[0].shape == Shape{2});
}

TEST_CASE("ConstantOfShape fills a shape with a value of any dtype") {
  const auto fill = [](ConstantTensor value) {
    OpRunner op("ConstantOfShape");
    if (value) op.attr("value", value);
    return op.input(Tensor::of<int64_t>({2}, {2, 3})).run1();
  };
  CHECK(values<float>(fill(nullptr)) == std::vector<float>(6, 0));
  const Tensor ones = fill(std::make_shared<const Tensor>(Tensor::of<int64_t>({1}, {-7})));
  CHECK(ones.shape() == Shape{2, 3});
  CHECK(values<int64_t>(ones) == Ints(6, -7));
  CHECK(values<uint8_t>(fill(std::make_shared<const Tensor>(Tensor::of<uint8_t>({1}, {3})))) ==
        std::vector<uint8_t>(6, 3));
  CHECK(OpRunner("ConstantOfShape").input(Tensor(DType::s64, {0})).run1().shape() == Shape{});
}

TEST_CASE("ConstantOfShape without known contents has a rank only") {
  CHECK(*infer_op("ConstantOfShape", {{DType::s64, Shape{2}}})[0].shape == Shape{kDynamic, kDynamic});
  CHECK_FALSE(infer_op("ConstantOfShape", {{DType::s64, Shape{kDynamic}}})[0].shape.has_value());
}

TEST_CASE("ConstantOfShape rejects negative dimensions and lists of values") {
  CHECK(error_of([] { OpRunner("ConstantOfShape").input(Tensor::of<int64_t>({1}, {-1})).run(); }) ==
        "InvalidGraph: dimension -1 is negative");
  const auto two = std::make_shared<const Tensor>(Tensor::of<float>({2}, {1, 2}));
  CHECK(error_of([&] {
          OpRunner("ConstantOfShape")
              .attr("value", ConstantTensor(two))
              .input(Tensor::of<int64_t>({1}, {1}))
              .run();
        }) == "InvalidGraph: the attribute 'value' must be one number, but has shape [2]");
}

TEST_CASE("Size is the number of elements") {
  CHECK(values<int64_t>(OpRunner("Size").input(Tensor(DType::u8, {2, 3, 4})).run1()) == Ints{24});
  const Tensor one = OpRunner("Size").input(Tensor::scalar(1.0f)).run1();
  CHECK(one.shape() == Shape{});
  CHECK(values<int64_t>(one) == Ints{1});
  CHECK(*infer_op("Size", {{DType::f32, Shape{kDynamic}}})[0].shape == Shape{});
}
