#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "support/transposed.h"

using namespace octavo;
using namespace octavo::test;

namespace {

OpRunner mean(Tensor x, const Ints& axes, bool keepdims = true) {
  OpRunner op("ReduceMean");
  op.attr("keepdims", keepdims ? 1 : 0).input(std::move(x));
  op.constant(Tensor::of<int64_t>({static_cast<int64_t>(axes.size())}, std::span<const int64_t>(axes)));
  return op;
}

}  // namespace

TEST_CASE("ReduceMean over any set of axes") {
  const Shape shape{3, 4, 5, 6};
  const Tensor x = iota<float>(shape, -7, 0.25f);
  const auto strides = shape.strides();
  for (uint32_t mask = 1; mask < 16; ++mask) {
    Ints axes;
    Shape out = shape;
    for (int axis = 0; axis < 4; ++axis)
      if (mask >> axis & 1) {
        axes.push_back(axis % 2 ? axis : axis - 4);
        out[axis] = 1;
      }
    std::vector<double> expected(out.elements());
    const auto out_strides = out.strides();
    for (int64_t i = 0; i < shape.elements(); ++i) {
      int64_t to = 0;
      for (int axis = 0; axis < 4; ++axis)
        if (!(mask >> axis & 1)) to += i / strides[axis] % shape[axis] * out_strides[axis];
      expected[to] += x.span<float>()[i] / (double(shape.elements()) / double(out.elements()));
    }
    const Tensor y = mean(iota<float>(shape, -7, 0.25f), axes).run1();
    CAPTURE(mask);
    REQUIRE(y.shape() == out);
    for (int64_t i = 0; i < out.elements(); ++i) REQUIRE(std::abs(y.span<float>()[i] - expected[i]) < 1e-5);
  }
}

TEST_CASE("ReduceMean drops axes without keepdims") {
  const Tensor y = mean(iota<float>({2, 3, 2}), {0, 2}, false).run1();
  CHECK(y.shape() == Shape{3});
  CHECK(values<float>(y) == std::vector<float>{3.5f, 5.5f, 7.5f});
}

TEST_CASE("ReduceMean without axes takes all of them, or none") {
  const Tensor all = OpRunner("ReduceMean").attr("keepdims", 0).input(iota<float>({2, 3})).run1();
  CHECK(all.shape() == Shape{});
  CHECK(values<float>(all) == std::vector<float>{2.5f});
  CHECK(mean(iota<float>({2, 3}), {}).run1().shape() == Shape{1, 1});
  const Tensor none =
      OpRunner("ReduceMean").attr("noop_with_empty_axes", 1).input(iota<float>({2, 3})).run1();
  CHECK(values<float>(none) == values<float>(iota<float>({2, 3})));
}

TEST_CASE("The mean of nothing is NaN") {
  const Tensor y = mean(Tensor(DType::f32, {2, 0}), {1}, false).run1();
  CHECK(y.shape() == Shape{2});
  CHECK(std::isnan(y.span<float>()[1]));
}

TEST_CASE("ReduceMean follows a permutation") {
  const auto axes = [](OpRunner& op) { op.constant(Tensor::of<int64_t>({2}, {2, -1})); };
  std::vector<Tensor> x;
  x.push_back(iota<float>({2, 3, 4, 4}));
  CHECK(follows_permutation(OpRunner("ReduceMean"), x, kChannelsLast, axes));
  CHECK(follows_permutation(OpRunner("ReduceMean"), x, kChannelsLast, [](OpRunner&) {}));
  CHECK_FALSE(follows_permutation(OpRunner("ReduceMean").attr("keepdims", 0), x, kChannelsLast, axes));
  CHECK_FALSE(follows_permutation(OpRunner("ReduceMean"), x, kChannelsLast,
                                  [](OpRunner& op) { op.input(Tensor::of<int64_t>({1}, {2})); }));
}

TEST_CASE("ReduceMean infers what it can") {
  const Operand x{DType::f32, Shape{kDynamic, 3, 4}}, axes{DType::s64, Shape{2}};
  CHECK(*infer_op("ReduceMean", {x, axes})[0].shape == Shape{kDynamic, kDynamic, kDynamic});
  Attrs drop;
  drop.set("keepdims", 0);
  CHECK(*infer_op("ReduceMean", {x, axes}, drop)[0].shape == Shape{kDynamic});
  CHECK_FALSE(infer_op("ReduceMean", {x, {DType::s64, Shape{kDynamic}}}, drop)[0].shape.has_value());
  const Tensor known = Tensor::of<int64_t>({1}, {2});
  CHECK(*infer_op("ReduceMean", {x, {DType::s64, Shape{1}, &known}}, drop)[0].shape == Shape{kDynamic, 3});
}

TEST_CASE("ReduceMean rejects axes that are not there or named twice") {
  CHECK(error_of([] { mean(iota<float>({2, 3}), {2}).run(); }) ==
        "InvalidGraph: axis 2 is outside a tensor of rank 2");
  CHECK(error_of([] { mean(iota<float>({2, 3}), {1, -1}).run(); }) == "InvalidGraph: axis 1 is named twice");
  CHECK(error_of([] { infer_op("ReduceMean", {{DType::s64, Shape{2}}}); }) ==
        "Unsupported: input 0 is int64; supported: float32");
}
