#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <limits>

#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

namespace {

template <class T> std::vector<T> compute(std::string_view op, Tensor a, Tensor b) {
  return values<T>(OpRunner(op).input(std::move(a)).input(std::move(b)).run1());
}

// Any two shapes, element by element.
float at(const Tensor& tensor, const Shape& out, int64_t index) {
  const auto strides = tensor.shape().strides();
  int64_t offset = 0;
  for (int i = 1; i <= out.rank(); ++i) {
    const int64_t dim = out[out.rank() - i];
    const int axis = tensor.shape().rank() - i;
    if (axis >= 0 && tensor.shape()[axis] > 1) offset += index % dim * strides[axis];
    index /= dim;
  }
  return tensor.span<float>()[offset];
}

}  // namespace

TEST_CASE("Add, Sub, Mul and Div compute in float32") {
  const auto a = [] { return Tensor::of<float>({4}, {1, -2, 3.5f, 0}); };
  const auto b = [] { return Tensor::of<float>({4}, {2, 4, -0.5f, 0.25f}); };
  CHECK(compute<float>("Add", a(), b()) == std::vector<float>{3, 2, 3, 0.25f});
  CHECK(compute<float>("Sub", a(), b()) == std::vector<float>{-1, -6, 4, -0.25f});
  CHECK(compute<float>("Mul", a(), b()) == std::vector<float>{2, -8, -1.75f, 0});
  CHECK(compute<float>("Div", a(), b()) == std::vector<float>{0.5f, -0.5f, -7, 0});
}

TEST_CASE("Binary operators compute in int32 and int64, wrapping around") {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min(), kMax = std::numeric_limits<int64_t>::max();
  CHECK(compute<int64_t>("Add", Tensor::of<int64_t>({2}, {kMax, -5}), Tensor::scalar<int64_t>(1)) ==
        Ints{kMin, -4});
  CHECK(compute<int64_t>("Sub", Tensor::of<int64_t>({2}, {kMin, 7}), Tensor::scalar<int64_t>(1)) ==
        Ints{kMax, 6});
  CHECK(compute<int64_t>("Mul", Tensor::of<int64_t>({2}, {kMax, 7}), Tensor::scalar<int64_t>(2)) ==
        Ints{-2, 14});
  CHECK(compute<int32_t>("Mul", Tensor::of<int32_t>({2}, {1 << 30, -3}), Tensor::of<int32_t>({2}, {4, 5})) ==
        std::vector<int32_t>{0, -15});
}

TEST_CASE("Integer division truncates and never traps") {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  CHECK(compute<int64_t>("Div", Tensor::of<int64_t>({4}, {7, -7, kMin, kMin}),
                         Tensor::of<int64_t>({4}, {2, 2, -1, 1})) == Ints{3, -3, kMin, kMin});
  CHECK(compute<int32_t>("Div", Tensor::of<int32_t>({2}, {INT32_MIN, 9}),
                         Tensor::of<int32_t>({2}, {-1, -4})) == std::vector<int32_t>{INT32_MIN, -2});
  CHECK(error_of([] {
          compute<int64_t>("Div", Tensor::of<int64_t>({2}, {1, 2}), Tensor::of<int64_t>({2}, {1, 0}));
        }) == "InvalidInput: divides integers of shape [2] by zero");
}

TEST_CASE("Float division by zero gives infinities") {
  const auto y = compute<float>("Div", Tensor::of<float>({3}, {1, -1, 0}), Tensor::scalar(0.0f));
  CHECK(y[0] == std::numeric_limits<float>::infinity());
  CHECK(y[1] == -std::numeric_limits<float>::infinity());
  CHECK(y[2] != y[2]);
}

TEST_CASE("Binary operators broadcast as numpy does") {
  const std::vector<std::pair<Shape, Shape>> pairs = {
      {{2, 3}, {2, 3}},
      {{2, 3}, {}},
      {{}, {2, 3}},
      {{2, 3}, {3}},
      {{2, 3, 4, 5}, {3, 1, 1}},
      {{2, 3}, {2, 1}},
      {{2, 1}, {1, 3}},
      {{3}, {2, 4, 3}},
      {{2, 3, 4}, {2, 1, 4}},
      {{1, 3, 1, 5}, {2, 1, 4, 1}},
      {{2, 1, 2, 1, 2}, {1, 2, 1, 2, 1}},
      {{0, 3}, {3}},
      {{1, 1, 1}, {1}},
      {{40, 17}, {17}},
  };
  for (const auto& [a_shape, b_shape] : pairs) {
    CAPTURE(to_string(a_shape), to_string(b_shape));
    const Tensor a = iota<float>(a_shape, 1, 1), b = iota<float>(b_shape, 2, 0.5f);
    const Tensor y =
        OpRunner("Sub").input(iota<float>(a_shape, 1, 1)).input(iota<float>(b_shape, 2, 0.5f)).run1();
    REQUIRE(y.shape() == broadcast_shapes(a_shape, b_shape));
    std::vector<float> expected;
    for (int64_t i = 0; i < y.shape().elements(); ++i)
      expected.push_back(at(a, y.shape(), i) - at(b, y.shape(), i));
    CHECK(values<float>(y) == expected);
  }
}

TEST_CASE("A fused activation clamps float results only") {
  const auto with_clamp = [](Tensor a, Tensor b) {
    return OpRunner("Add").clamp({0, 6}).input(std::move(a)).input(std::move(b));
  };
  CHECK(values<float>(
            with_clamp(Tensor::of<float>({2, 2}, {-3, 1, 5, 9}), Tensor::of<float>({2}, {1, 2})).run1()) ==
        std::vector<float>{0, 3, 6, 6});
  CHECK(values<int64_t>(with_clamp(Tensor::of<int64_t>({2}, {-3, 9}), Tensor::scalar<int64_t>(1)).run1()) ==
        Ints{-2, 10});
}

TEST_CASE("Binary operators infer dynamic dimensions") {
  const auto y = infer_op("Mul", {{DType::f32, Shape{kDynamic, 3, 1}}, {DType::f32, Shape{3, 4}}});
  CHECK(*y[0].shape == Shape{kDynamic, 3, 4});
  CHECK(y[0].dtype == DType::f32);
}

TEST_CASE("Binary operators reject what does not fit") {
  CHECK(error_of([] { infer_op("Add", {{DType::f32, Shape{2}}, {DType::f32, Shape{3}}}); }) ==
        "InvalidGraph: shapes [2] and [3] do not broadcast");
  CHECK(error_of([] { infer_op("Add", {{DType::f32, Shape{2}}, {DType::s64, Shape{2}}}); }) ==
        "InvalidGraph: input 0 is float32 but input 1 is int64");
  CHECK(error_of([] { infer_op("Add", {{DType::u8, Shape{2}}, {DType::u8, Shape{2}}}); }) ==
        "Unsupported: input 0 is uint8; supported: float32, int32, int64");
}
