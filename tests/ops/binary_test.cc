#include <catch2/catch_test_macros.hpp>
#include <cmath>
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
  CHECK(error_of([] { infer_op("Add", {{DType::boolean, Shape{2}}, {DType::boolean, Shape{2}}}); }) ==
        "Unsupported: input 0 is bool; supported: float32, float64, signed integers, unsigned integers");
  CHECK(error_of([] { infer_op("And", {{DType::u8, Shape{2}}, {DType::u8, Shape{2}}}); }) ==
        "Unsupported: input 0 is uint8; supported: bool");
  CHECK(error_of([] { infer_op("BitwiseOr", {{DType::f32, Shape{2}}, {DType::f32, Shape{2}}}); }) ==
        "Unsupported: input 0 is float32; supported: signed integers, unsigned integers");
}

TEST_CASE("Arithmetic of small types wraps around, that of float64 is exact") {
  using Bytes = std::vector<uint8_t>;
  CHECK(compute<uint8_t>("Add", Tensor::of<uint8_t>({2}, {250, 1}), Tensor::scalar<uint8_t>(10)) ==
        Bytes{4, 11});
  CHECK(compute<uint8_t>("Sub", Tensor::of<uint8_t>({2}, {5, 200}), Tensor::scalar<uint8_t>(10)) ==
        Bytes{251, 190});
  CHECK(compute<int8_t>("Div", Tensor::of<int8_t>({2}, {-128, -7}), Tensor::of<int8_t>({2}, {-1, 2})) ==
        std::vector<int8_t>{-128, -3});
  CHECK(compute<int16_t>("Mul", Tensor::of<int16_t>({1}, {300}), Tensor::scalar<int16_t>(300)) ==
        std::vector<int16_t>{24464});
  CHECK(compute<double>("Add", Tensor::scalar(1.0), Tensor::scalar(1e-15)) == std::vector<double>{1 + 1e-15});
  CHECK(std::isinf(compute<double>("Div", Tensor::scalar(1.0), Tensor::scalar(0.0))[0]));
  CHECK(error_of([] { compute<uint8_t>("Div", Tensor::scalar<uint8_t>(1), Tensor::scalar<uint8_t>(0)); }) ==
        "InvalidInput: divides integers of shape [] by zero");
}

TEST_CASE("uint64 divides and compares without a sign") {
  constexpr uint64_t kMax = UINT64_MAX;
  const auto a = [] { return Tensor::of<uint64_t>({3}, {kMax, 7, kMax - 1}); };
  const auto b = [] { return Tensor::of<uint64_t>({3}, {2, kMax, kMax}); };
  using Numbers = std::vector<uint64_t>;
  CHECK(compute<uint64_t>("Div", a(), b()) == Numbers{kMax / 2, 0, 0});
  CHECK(compute<uint64_t>("Mod", a(), b()) == Numbers{1, 7, kMax - 1});
  CHECK(compute<uint64_t>("Max", a(), b()) == Numbers{kMax, kMax, kMax});
  CHECK(compute<uint64_t>("Min", a(), b()) == Numbers{2, 7, kMax - 1});
  CHECK(compute<bool>("Less", a(), b()) == std::vector<bool>{false, true, true});
  CHECK(compute<bool>("GreaterOrEqual", a(), b()) == std::vector<bool>{true, false, false});
}

TEST_CASE("Elements of other types broadcast, in rows longer than a chunk") {
  const Tensor a = iota<int64_t>({2, 1, 700}), b = iota<int64_t>({3, 1}, 0, 10000);
  const Tensor y =
      OpRunner("Add").input(iota<int64_t>({2, 1, 700})).input(iota<int64_t>({3, 1}, 0, 10000)).run1();
  REQUIRE(y.shape() == Shape{2, 3, 700});
  for (int64_t i = 0; i < 2; ++i)
    for (int64_t j = 0; j < 3; ++j)
      for (int64_t k = 0; k < 700; ++k)
        REQUIRE(y.span<int64_t>()[(i * 3 + j) * 700 + k] ==
                a.span<int64_t>()[i * 700 + k] + b.span<int64_t>()[j]);
  CHECK(OpRunner("Add").input(Tensor(DType::s8, {0, 3})).input(Tensor(DType::s8, {3})).run1().shape() ==
        Shape{0, 3});
}

// The numbers are numpy's: mod and fmod.
TEST_CASE("Mod has the sign of the divisor, with fmod that of the dividend") {
  const auto a = [] { return Tensor::of<int32_t>({6}, {-4, 7, 5, 4, -7, 8}); };
  const auto b = [] { return Tensor::of<int32_t>({6}, {2, -3, 8, -2, 3, 5}); };
  CHECK(compute<int32_t>("Mod", a(), b()) == std::vector<int32_t>{0, -2, 5, 0, 2, 3});
  CHECK(values<int32_t>(OpRunner("Mod").attr("fmod", int64_t{1}).input(a()).input(b()).run1()) ==
        std::vector<int32_t>{0, 1, 5, 0, -1, 3});
  CHECK(compute<int64_t>("Mod", Tensor::scalar(std::numeric_limits<int64_t>::min()),
                         Tensor::scalar(int64_t{-1})) == Ints{0});
  CHECK(values<float>(OpRunner("Mod")
                          .attr("fmod", int64_t{1})
                          .input(Tensor::of<float>({3}, {-4.5f, 7.5f, 5}))
                          .input(Tensor::of<float>({3}, {2, -3, 8}))
                          .run1()) == std::vector<float>{-0.5f, 1.5f, 5});
  CHECK(error_of([] { infer_op("Mod", {{DType::f32, Shape{2}}, {DType::f32, Shape{2}}}); }) ==
        "Unsupported: of floats fmod must be 1");
  CHECK(error_of([&] { compute<int32_t>("Mod", a(), Tensor::scalar(0)); }) ==
        "InvalidInput: divides integers of shape [6] by zero");
}

TEST_CASE("Max and Min of NaN are NaN, on either side") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto check = [&]<class T>(T) {
    for (const char* op : {"Max", "Min"}) {
      const auto y = compute<T>(op, Tensor::of<T>({6}, {1, T(nan), T(nan), 2, -3, 5}),
                                Tensor::of<T>({6}, {T(nan), 1, T(nan), 3, -4, 5}));
      CAPTURE(op);
      for (int i = 0; i < 3; ++i) CHECK(std::isnan(y[i]));
      const bool is_max = std::string_view(op) == "Max";
      CHECK(std::vector<T>(y.begin() + 3, y.end()) ==
            (is_max ? std::vector<T>{3, -3, 5} : std::vector<T>{2, -4, 5}));
    }
  };
  check(0.0f);
  check(0.0);
  CHECK(compute<int8_t>("Max", Tensor::of<int8_t>({2}, {-5, 5}), Tensor::scalar<int8_t>(0)) ==
        std::vector<int8_t>{0, 5});
}

TEST_CASE("Comparisons give booleans; none but inequality holds for NaN") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  using Flags = std::vector<bool>;
  const auto check = [&]<class T>(T, const char* op, Flags expected) {
    CAPTURE(op);
    CHECK(compute<bool>(op, Tensor::of<T>({7}, {1, 2, 3, T(nan), 1, T(nan), -0.0f}),
                        Tensor::of<T>({7}, {2, 2, 2, 1, T(nan), T(nan), 0})) == expected);
  };
  const std::pair<const char*, Flags> expected[] = {
      {"Equal", {false, true, false, false, false, false, true}},
      {"Less", {true, false, false, false, false, false, false}},
      {"LessOrEqual", {true, true, false, false, false, false, true}},
      {"Greater", {false, false, true, false, false, false, false}},
      {"GreaterOrEqual", {false, true, true, false, false, false, true}},
  };
  for (const auto& [op, flags] : expected) {
    check(0.0f, op, flags);
    check(0.0, op, flags);
  }
  CHECK(compute<bool>("Greater", Tensor::of<int8_t>({3}, {-1, 0, 1}), Tensor::scalar<int8_t>(0)) ==
        Flags{false, false, true});
  CHECK(compute<bool>("Equal", Tensor::of<bool>({2}, {true, false}), Tensor::scalar(true)) ==
        Flags{true, false});
  CHECK(infer_op("Less", {{DType::f32, Shape{kDynamic, 1}}, {DType::f32, Shape{5}}})[0].dtype ==
        DType::boolean);
}

TEST_CASE("Comparisons of float32 broadcast in both directions") {
  for (const char* op : {"Less", "Greater"}) {
    const Tensor a = iota<float>({9, 1}), b = iota<float>({11});
    const Tensor y = OpRunner(op).input(iota<float>({9, 1})).input(iota<float>({11})).run1();
    REQUIRE(y.shape() == Shape{9, 11});
    for (int64_t i = 0; i < 9; ++i)
      for (int64_t j = 0; j < 11; ++j)
        REQUIRE(y.span<bool>()[i * 11 + j] == (std::string_view(op) == "Less" ? i < j : i > j));
  }
}

TEST_CASE("Logic and bits") {
  const auto a = [] { return Tensor::of<bool>({4}, {false, false, true, true}); };
  const auto b = [] { return Tensor::of<bool>({4}, {false, true, false, true}); };
  using Flags = std::vector<bool>;
  CHECK(compute<bool>("And", a(), b()) == Flags{false, false, false, true});
  CHECK(compute<bool>("Or", a(), b()) == Flags{false, true, true, true});
  CHECK(compute<bool>("Xor", a(), b()) == Flags{false, true, true, false});
  CHECK(compute<int16_t>("BitwiseAnd", Tensor::scalar<int16_t>(-2), Tensor::scalar<int16_t>(7)) ==
        std::vector<int16_t>{6});
  CHECK(compute<uint32_t>("BitwiseOr", Tensor::scalar<uint32_t>(5), Tensor::scalar<uint32_t>(2)) ==
        std::vector<uint32_t>{7});
  CHECK(compute<int32_t>("BitwiseXor", Tensor::scalar(-1), Tensor::scalar(5)) == std::vector<int32_t>{-6});
}

TEST_CASE("BitShift, also by more bits than there are") {
  const auto shift = []<class T>(const char* direction, T a, T b) {
    return values<T>(OpRunner("BitShift")
                         .attr("direction", std::string(direction))
                         .input(Tensor::scalar(a))
                         .input(Tensor::scalar(b))
                         .run1())[0];
  };
  CHECK(shift("LEFT", uint8_t{3}, uint8_t{7}) == 128);
  CHECK(shift("LEFT", uint8_t{3}, uint8_t{9}) == 0);
  CHECK(shift("RIGHT", uint16_t{0x8000}, uint16_t{15}) == 1);
  CHECK(shift("RIGHT", uint64_t{UINT64_MAX}, uint64_t{63}) == 1);
  CHECK(shift("RIGHT", uint64_t{UINT64_MAX}, uint64_t{64}) == 0);
  CHECK(error_of([] { infer_op("BitShift", {{DType::u8, Shape{}}, {DType::u8, Shape{}}}); }) ==
        "InvalidGraph: the attribute 'direction' is '', not LEFT or RIGHT");
  CHECK(error_of([] { infer_op("BitShift", {{DType::s32, Shape{}}, {DType::s32, Shape{}}}); }) ==
        "Unsupported: input 0 is int32; supported: unsigned integers");
}

TEST_CASE("PRelu has slopes that broadcast to its input, and not the other way") {
  CHECK(compute<float>("PRelu", Tensor::of<float>({2, 2}, {-1, 2, -3, -4}),
                       Tensor::of<float>({2, 1}, {0.5f, 2})) == std::vector<float>{-0.5f, 2, -6, -8});
  CHECK(compute<int32_t>("PRelu", Tensor::of<int32_t>({2}, {-3, 3}), Tensor::scalar(2)) ==
        std::vector<int32_t>{-6, 3});
  CHECK(error_of([] { infer_op("PRelu", {{DType::f32, Shape{1, 2}}, {DType::f32, Shape{3, 1}}}); }) ==
        "InvalidGraph: the slope of shape [3,1] does not broadcast to [1,2]");
}
