#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <limits>

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
  CHECK(error_of([] { infer_op("ReduceMean", {{DType::boolean, Shape{2}}}); }) ==
        "Unsupported: ReduceMean takes numbers, not booleans");
}

namespace {

// Along axis 1, which vanishes.
template <class T> std::vector<T> reduced(std::string_view op, Shape shape, std::initializer_list<T> x) {
  return values<T>(OpRunner(op)
                       .attr("keepdims", 0)
                       .input(Tensor::of<T>(std::move(shape), x))
                       .constant(Tensor::of<int64_t>({1}, {1}))
                       .run1());
}

constexpr float kInf = std::numeric_limits<float>::infinity();

}  // namespace

TEST_CASE("Each reduction of reals, by hand") {
  const auto check = [](std::string_view op, std::vector<double> expected) {
    CAPTURE(op);
    const auto single = reduced<float>(op, {2, 3}, {1, -2, 3, 0.5f, 0.5f, 4});
    const auto twice = reduced<double>(op, {2, 3}, {1, -2, 3, 0.5, 0.5, 4});
    REQUIRE(twice.size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
      CHECK(std::abs(single[i] - expected[i]) < 1e-5);
      CHECK(std::abs(twice[i] - expected[i]) < 1e-13);
    }
  };
  check("ReduceSum", {2, 5});
  check("ReduceMean", {2.0 / 3, 5.0 / 3});
  check("ReduceMax", {3, 4});
  check("ReduceMin", {-2, 0.5});
  check("ReduceProd", {-6, 1});
  check("ReduceL1", {6, 5});
  check("ReduceL2", {std::sqrt(14.0), std::sqrt(16.5)});
  check("ReduceSumSquare", {14, 16.5});
  check("ReduceLogSum", {std::log(2.0), std::log(5.0)});
  check("ReduceLogSumExp", {std::log(std::exp(1.0) + std::exp(-2.0) + std::exp(3.0)),
                            std::log(2 * std::exp(0.5) + std::exp(4.0))});
}

TEST_CASE("Reductions of integers and booleans") {
  CHECK(reduced<int32_t>("ReduceSum", {1, 3}, {1, -2, 5}) == std::vector<int32_t>{4});
  CHECK(reduced<uint8_t>("ReduceSum", {1, 2}, {200, 100}) == std::vector<uint8_t>{44});
  CHECK(reduced<int64_t>("ReduceProd", {1, 3}, {3, -4, 5}) == Ints{-60});
  CHECK(reduced<int64_t>("ReduceSum", {1, 2}, {INT64_MAX, 1}) == Ints{INT64_MIN});
  CHECK(reduced<int64_t>("ReduceL1", {1, 2}, {-3, 4}) == Ints{7});
  CHECK(reduced<int32_t>("ReduceMean", {1, 2}, {-3, -4}) == std::vector<int32_t>{-3});
  CHECK(reduced<int32_t>("ReduceL2", {1, 2}, {3, 4}) == std::vector<int32_t>{5});
  CHECK(reduced<uint64_t>("ReduceMax", {1, 2}, {1, UINT64_MAX}) == std::vector<uint64_t>{UINT64_MAX});
  CHECK(reduced<uint64_t>("ReduceMin", {1, 2}, {UINT64_MAX, 1}) == std::vector<uint64_t>{1});
  CHECK(reduced<bool>("ReduceMax", {2, 2}, {false, true, false, false}) == std::vector<bool>{true, false});
  CHECK(reduced<bool>("ReduceMin", {2, 2}, {true, true, false, true}) == std::vector<bool>{true, false});
}

TEST_CASE("Reductions of nothing are their identities") {
  const auto of = [](std::string_view op) { return reduced<float>(op, {1, 0}, {})[0]; };
  CHECK(of("ReduceSum") == 0);
  CHECK(of("ReduceProd") == 1);
  CHECK(of("ReduceMax") == -kInf);
  CHECK(of("ReduceMin") == kInf);
  CHECK(of("ReduceL1") == 0);
  CHECK(of("ReduceL2") == 0);
  CHECK(of("ReduceLogSum") == -kInf);
  CHECK(of("ReduceLogSumExp") == -kInf);
  CHECK(reduced<int8_t>("ReduceMax", {1, 0}, {}) == std::vector<int8_t>{-128});
  CHECK(reduced<uint16_t>("ReduceMin", {1, 0}, {}) == std::vector<uint16_t>{65535});
  CHECK(reduced<uint64_t>("ReduceMin", {1, 0}, {}) == std::vector<uint64_t>{UINT64_MAX});
  CHECK(reduced<bool>("ReduceMax", {1, 0}, {}) == std::vector<bool>{false});
}

TEST_CASE("Reductions of infinities and NaN") {
  CHECK(std::isnan(reduced<float>("ReduceMax", {1, 3}, {1, std::nanf(""), 2})[0]));
  CHECK(std::isnan(reduced<float>("ReduceMin", {1, 3}, {1, 2, std::nanf("")})[0]));
  CHECK(reduced<float>("ReduceLogSumExp", {3, 2}, {-kInf, -kInf, kInf, 0, 1000, 0}) ==
        std::vector<float>{-kInf, kInf, 1000});
}

TEST_CASE("No axes and noop_with_empty_axes give the input itself, not its magnitudes") {
  OpRunner op("ReduceL1");
  op.attr("noop_with_empty_axes", 1).input(Tensor::of<float>({2}, {-1, 2}));
  CHECK(op.is_view());
  CHECK(values<float>(op.run1()) == std::vector<float>{-1, 2});
}
