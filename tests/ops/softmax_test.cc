#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <limits>

#include "support/transposed.h"

using namespace octavo;
using namespace octavo::test;

namespace {

// Along the middle of [outer, n, inner], in float64.
std::vector<double> softmax(const Tensor& x, int64_t outer, int64_t n, int64_t inner) {
  const auto v = x.span<float>();
  std::vector<double> y(v.size());
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t c = 0; c < inner; ++c) {
      double max = -1e300, sum = 0;
      const auto at = [&](int64_t i) { return (o * n + i) * inner + c; };
      for (int64_t i = 0; i < n; ++i) max = std::max(max, double{v[at(i)]});
      for (int64_t i = 0; i < n; ++i) sum += y[at(i)] = std::exp(v[at(i)] - max);
      for (int64_t i = 0; i < n; ++i) y[at(i)] /= sum;
    }
  return y;
}

Tensor wavy(Shape shape) {
  Tensor x(DType::f32, std::move(shape));
  float i = 0;
  for (float& v : x.span<float>()) v = 8 * std::sin(i += 1.7f);
  return x;
}

}  // namespace

TEST_CASE("Softmax along every axis") {
  for (const Shape& shape :
       {Shape{5}, Shape{2, 3}, Shape{3, 17, 4}, Shape{2, 37, 70}, Shape{1, 1000}, Shape{2, 1, 3}})
    for (int axis = -shape.rank(); axis < shape.rank(); ++axis) {
      CAPTURE(to_string(shape), axis);
      const Tensor x = wavy(shape);
      const Tensor y = OpRunner("Softmax").attr("axis", axis).input(wavy(shape)).run1();
      const int a = normalize_axis(axis, shape.rank());
      const auto expected = softmax(x, shape.elements(0, a), shape[a], shape.elements(a + 1, shape.rank()));
      REQUIRE(y.shape() == shape);
      for (std::size_t i = 0; i < expected.size(); ++i)
        REQUIRE(std::abs(y.span<float>()[i] - expected[i]) <= 1e-6 * expected[i]);
    }
}

TEST_CASE("Softmax is stable for large numbers and takes the last axis unless told") {
  const Tensor y = OpRunner("Softmax").input(Tensor::of<float>({2, 2}, {1e4f, 1e4f, -1e4f, 1e4f})).run1();
  CHECK(values<float>(y) == std::vector<float>{0.5f, 0.5f, 0, 1});
  const Tensor masked =
      OpRunner("Softmax").input(Tensor::of<float>({2}, {-std::numeric_limits<float>::infinity(), 3})).run1();
  CHECK(values<float>(masked) == std::vector<float>{0, 1});
}

TEST_CASE("One NaN makes its row NaN") {
  const Tensor y = OpRunner("Softmax").input(Tensor::of<float>({2, 2}, {std::nanf(""), 1, 0, 0})).run1();
  CHECK(std::isnan(y.span<float>()[0]));
  CHECK(std::isnan(y.span<float>()[1]));
  CHECK(y.span<float>()[2] == 0.5f);
}

TEST_CASE("Softmax follows a permutation") {
  for (int axis : {1, -1, 0}) {
    std::vector<Tensor> x;
    x.push_back(iota<float>({2, 3, 2, 4}, 0, 0.01f));
    OpRunner op("Softmax");
    if (axis != -1) op.attr("axis", axis);
    CHECK(op.node().op->layout == LayoutRule::permutable);
    const Tensor expected =
        transposed(OpRunner("Softmax").attr("axis", axis).input(iota<float>({2, 3, 2, 4}, 0, 0.01f)).run1(),
                   kChannelsLast);
    OpRunner moved = op;
    moved.input(transposed(x[0], kChannelsLast));
    REQUIRE(moved.permute(kChannelsLast));
    const Tensor y = moved.run1();
    for (int64_t i = 0; i < 48; ++i) CHECK(std::abs(y.span<float>()[i] - expected.span<float>()[i]) < 1e-7f);
  }
}

TEST_CASE("Softmax rejects an axis that is not there") {
  Attrs attrs;
  attrs.set("axis", 2);
  CHECK(error_of([&] { infer_op("Softmax", {{DType::f32, Shape{2, 3}}}, attrs); }) ==
        "InvalidGraph: axis 2 is outside a tensor of rank 2");
}

TEST_CASE("LogSoftmax is the logarithm of Softmax along every axis") {
  for (const Shape& shape : {Shape{5}, Shape{3, 17, 4}, Shape{2, 37, 70}, Shape{1, 1000}})
    for (int axis = 0; axis < shape.rank(); ++axis) {
      CAPTURE(to_string(shape), axis);
      const Tensor x = wavy(shape);
      const Tensor y = OpRunner("LogSoftmax").attr("axis", axis).input(wavy(shape)).run1();
      const auto p = softmax(x, shape.elements(0, axis), shape[axis], shape.elements(axis + 1, shape.rank()));
      for (std::size_t i = 0; i < p.size(); ++i)
        REQUIRE(std::abs(y.span<float>()[i] - std::log(p[i])) <= 2e-6 * (1 - std::log(p[i])));
    }
  // Far below what Softmax can say.
  const Tensor y = OpRunner("LogSoftmax").input(Tensor::of<float>({2}, {1e4f, -1e4f})).run1();
  CHECK(values<float>(y) == std::vector<float>{0, -2e4f});
}
