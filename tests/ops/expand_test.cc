#include <catch2/catch_test_macros.hpp>

#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

TEST_CASE("Expand broadcasts as numpy.broadcast_to does, also to what is smaller than the input") {
  const auto expand = [](Tensor x, Ints shape) {
    const auto rank = static_cast<int64_t>(shape.size());
    return OpRunner("Expand").input(std::move(x)).input(Tensor::of<int64_t>({rank}, shape)).run1();
  };
  const Tensor y = expand(iota<int16_t>({3, 1}), {2, 1, 2});
  CHECK(y.shape() == Shape{2, 3, 2});
  CHECK(values<int16_t>(y) == std::vector<int16_t>{0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2});
  CHECK(expand(iota<float>({2, 3}), {1}).shape() == Shape{2, 3});
  CHECK(values<double>(expand(Tensor::scalar(1.5), {2})) == std::vector<double>{1.5, 1.5});
  CHECK(expand(iota<float>({1, 2}), {0, 2}).shape() == Shape{0, 2});
  CHECK(error_of([&] { expand(iota<float>({2}), {-1}); }) == "InvalidGraph: -1 in input 1 is negative");
  CHECK(error_of([&] { expand(iota<float>({2}), {3}); }).starts_with("InvalidGraph: "));
}

TEST_CASE("Expand to a shape that is not known keeps what cannot change") {
  CHECK(*infer_op("Expand", {{DType::f32, Shape{3, 1}}, {DType::s64, Shape{3}}})[0].shape ==
        Shape{kDynamic, 3, kDynamic});
  CHECK_FALSE(infer_op("Expand", {{DType::f32, Shape{3, 1}}, {DType::s64, Shape{kDynamic}}})[0].shape);
  CHECK(error_of([] { infer_op("Expand", {{DType::f32, Shape{3}}, {DType::f32, Shape{1}}}); }) ==
        "Unsupported: input 1 is float32; supported: int64");
}

TEST_CASE("Tile repeats as numpy.tile does") {
  const auto tile = [](Tensor x, Ints repeats) {
    const auto rank = static_cast<int64_t>(repeats.size());
    return OpRunner("Tile").input(std::move(x)).input(Tensor::of<int64_t>({rank}, repeats)).run1();
  };
  const Tensor y = tile(iota<uint8_t>({2, 2}), {2, 3});
  CHECK(y.shape() == Shape{4, 6});
  CHECK(values<uint8_t>(y) ==
        std::vector<uint8_t>{0, 1, 0, 1, 0, 1, 2, 3, 2, 3, 2, 3, 0, 1, 0, 1, 0, 1, 2, 3, 2, 3, 2, 3});
  CHECK(values<int64_t>(tile(iota<int64_t>({2, 1, 2}), {1, 2, 1})) == Ints{0, 1, 0, 1, 2, 3, 2, 3});
  CHECK(tile(iota<float>({2, 2}), {0, 5}).shape() == Shape{0, 10});
  CHECK(tile(iota<float>({1, 1, 1, 1, 1, 1, 1, 2}), {2, 2, 1, 2, 1, 2, 1, 2}).shape() ==
        Shape{2, 2, 1, 2, 1, 2, 1, 4});
  CHECK(error_of([&] { tile(iota<float>({2}), {int64_t{1} << 62}); }).starts_with("OutOfMemory: "));
  CHECK(error_of([&] { tile(iota<float>({2}), {1, 1}); }) ==
        "InvalidGraph: a tensor of shape [2] cannot be repeated [1,1] times");
}

TEST_CASE("Tile of unknown dimensions, or by an unknown number") {
  const auto shape = [](Shape x, std::optional<Tensor> repeats) {
    const Operand list = repeats ? Operand::of(*repeats) : Operand{DType::s64, Shape{x.rank()}};
    return *infer_op("Tile", {{DType::f32, x}, list})[0].shape;
  };
  CHECK(shape({kDynamic, 2, kDynamic}, Tensor::of<int64_t>({3}, {1, 2, 3})) == Shape{kDynamic, 4, kDynamic});
  CHECK(shape({2, 3}, std::nullopt) == Shape{kDynamic, kDynamic});
}
