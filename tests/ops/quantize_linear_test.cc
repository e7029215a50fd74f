#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <limits>

#include "kernels/quantize/quantize.h"
#include "support/op_runner.h"
#include "support/random_data.h"

namespace octavo {
namespace {

using test::error_of;
using test::OpRunner;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
const float kNan = std::nanf("");

Tensor copy(const Tensor& t) { return Tensor::of<float>(t.shape(), t.span<float>()); }

// The law of QuantizeLinear. What a scale of 0, infinity or NaN makes NaN is the zero point as well.
double quantized(float x, float scale, int64_t zero_point, int64_t qmin, int64_t qmax) {
  if (std::isnan(x / scale)) return static_cast<double>(zero_point);
  const double q = std::nearbyint(x / scale) + static_cast<double>(zero_point);
  return std::min(std::max(q, static_cast<double>(qmin)), static_cast<double>(qmax));
}

// Ties, values around them, special values, and noise; any length, so that tails are met.
std::vector<float> interesting_floats(float scale, int64_t count, uint64_t seed) {
  test::Random random(seed);
  std::vector<float> values{0.0f, -0.0f, kNan, kInfinity, -kInfinity, 1e-45f, 3e38f, -3e38f};
  for (int i = 0; std::ssize(values) < count; ++i) {
    const float tie = (static_cast<float>(random.integer(-300, 300)) + 0.5f) * scale;
    values.push_back(i % 4 == 0   ? tie
                     : i % 4 == 1 ? std::nextafter(tie, kInfinity)
                     : i % 4 == 2 ? std::nextafter(tie, -kInfinity)
                                  : random.real(-400, 400) * scale);
  }
  values.resize(static_cast<std::size_t>(count));
  return values;
}

template <class T> void check_quantize() {
  constexpr int64_t qmin = std::numeric_limits<T>::min(), qmax = std::numeric_limits<T>::max();
  test::Random random(7);
  for (const float scale : {1.0f, 0.1f, 0.5f, 3.7e-3f, 1e-30f, 1e30f, 0.0f, -0.5f, 1e-40f, kInfinity, kNan})
    for (int64_t count = 1; count < 70; count += 3) {
      const auto x = interesting_floats(scale, count, static_cast<uint64_t>(count));
      const T zero_point = static_cast<T>(random.integer(qmin, qmax));
      const Tensor y = OpRunner("QuantizeLinear")
                           .input(Tensor::of<float>({count}, x))
                           .constant(Tensor::scalar(scale))
                           .constant(Tensor::scalar(zero_point))
                           .run1();
      for (int64_t i = 0; i < count; ++i) {
        INFO("x " << x[i] << " scale " << scale << " zero_point " << int64_t{zero_point});
        REQUIRE(y.span<T>()[i] == quantized(x[i], scale, zero_point, qmin, qmax));
      }
    }
}

TEST_CASE("QuantizeLinear follows its law for every storage type", "[ops][quantize]") {
  check_quantize<uint8_t>();
  check_quantize<int8_t>();
  check_quantize<uint16_t>();
  check_quantize<int16_t>();
}

TEST_CASE("QuantizeLinear saturates to a narrower range", "[ops][quantize]") {
  std::vector<float> x(40);
  for (int i = 0; i < 40; ++i) x[i] = static_cast<float>(10 * i - 100);
  const Tensor y = OpRunner("QuantizeLinear")
                       .notes({.qmin = 3, .qmax = 127})
                       .input(Tensor::of<float>({40}, x))
                       .constant(Tensor::scalar(1.0f))
                       .constant(Tensor::scalar(uint8_t{10}))
                       .run1();
  for (int i = 0; i < 40; ++i) CHECK(y.span<uint8_t>()[i] == quantized(x[i], 1, 10, 3, 127));
}

TEST_CASE("QuantizeLinear and DequantizeLinear run along an axis", "[ops][quantize]") {
  test::Random random(3);
  const Shape shape{2, 3, 4, 5};
  const Tensor x = random.floats(shape, -10, 10);
  for (int axis = -4; axis < 4; ++axis) {
    const int64_t channels = shape[axis < 0 ? axis + 4 : axis];
    const int64_t inner = shape.elements((axis < 0 ? axis + 4 : axis) + 1, 4);
    const Tensor scale = random.floats({channels}, 0.01f, 0.1f);
    const Tensor zero_point = random.integers<int8_t>({channels}, -20, 20);
    const auto with_params = [&](const char* op, Tensor input) {
      return OpRunner(op)
          .attr("axis", int64_t{axis})
          .input(std::move(input))
          .constant(copy(scale))
          .constant(Tensor::of<int8_t>({channels}, zero_point.span<int8_t>()))
          .run1();
    };
    const Tensor q = with_params("QuantizeLinear", copy(x));
    const Tensor back = with_params("DequantizeLinear", Tensor::of<int8_t>(shape, q.span<int8_t>()));
    for (int64_t i = 0; i < shape.elements(); ++i) {
      const int64_t c = i / inner % channels;
      REQUIRE(q.span<int8_t>()[i] ==
              quantized(x.span<float>()[i], scale.span<float>()[c], zero_point.span<int8_t>()[c], -128, 127));
      REQUIRE(back.span<float>()[i] ==
              static_cast<float>(q.span<int8_t>()[i] - zero_point.span<int8_t>()[c]) *
                  scale.span<float>()[c]);
    }
  }
}

TEST_CASE("QuantizeLinear gives uint8 without a zero_point, or what output_dtype says", "[ops][quantize]") {
  const auto runner = [] {
    OpRunner runner("QuantizeLinear");
    runner.input(Tensor::of<float>({3}, {-1, 1, 300})).constant(Tensor::scalar(1.0f));
    return runner;
  };
  CHECK(test::values<uint8_t>(runner().run1()) == std::vector<uint8_t>{0, 1, 255});
  CHECK(test::values<int8_t>(runner().attr("output_dtype", int64_t{3}).run1()) ==
        std::vector<int8_t>{-1, 1, 127});
  CHECK(test::values<uint16_t>(runner().attr("output_dtype", int64_t{4}).run1()) ==
        std::vector<uint16_t>{0, 1, 300});
  CHECK(error_of([&] { runner().attr("output_dtype", int64_t{17}).run1(); }) ==
        "Unsupported: QuantizeLinear to data type 17");
  CHECK(error_of([&] {
          runner().constant(Tensor::scalar(int8_t{0})).attr("output_dtype", int64_t{2}).run1();
        }).find("does not agree") != std::string::npos);
}

TEST_CASE("DequantizeLinear reads int32 exactly", "[ops][quantize]") {
  const Tensor y = OpRunner("DequantizeLinear")
                       .input(Tensor::of<int32_t>({3}, {-2147483647 - 1, 5, 2147483647}))
                       .constant(Tensor::scalar(0.5f))
                       .run1();
  CHECK(test::values<float>(y) == std::vector<float>{-0x1p30f, 2.5f, 0x1p30f});
}

TEST_CASE("Q and DQ say what does not fit", "[ops][quantize]") {
  const auto error = [](const char* op, DType dtype, Shape x, Shape scale, Shape zero_point) {
    return error_of([&] { test::infer_op(op, {{dtype, x}, {DType::f32, scale}, {DType::u8, zero_point}}); });
  };
  CHECK(error("QuantizeLinear", DType::f32, {2, 3}, {4}, {4}) ==
        "InvalidGraph: scale [4] does not fit axis 1 of input [2,3]");
  CHECK(error("QuantizeLinear", DType::f32, {2, 3}, {3}, {2}).find("different shapes") != std::string::npos);
  CHECK(
      error("DequantizeLinear", DType::u8, {2, 6}, {3, 6}, {3, 6}).find("scale [3,6] does not fit axis 1") !=
      std::string::npos);
  CHECK(error("DequantizeLinear", DType::s8, {2, 6}, {}, {}) ==
        "InvalidGraph: a zero_point of uint8 for an input of int8");
  CHECK(error("DequantizeLinear", DType::s64, {2}, {}, {}).find("Unsupported") == 0);
  CHECK(error("QuantizeLinear", DType::f32, {2, 3}, {2, 1}, {2, 1}).empty());
}

TEST_CASE("Q and DQ follow a permutation", "[ops][quantize]") {
  OpRunner runner("QuantizeLinear");
  runner.attr("axis", int64_t{1})
      .input(test::iota<float>({1, 2, 2, 3}))
      .constant(Tensor::of<float>({3}, {1, 2, 4}))
      .constant(Tensor::of<uint8_t>({3}, {0, 0, 0}));
  REQUIRE(runner.permute({0, 2, 3, 1}));
  CHECK(test::values<uint8_t>(runner.run1()) == std::vector<uint8_t>{0, 0, 0, 3, 2, 1, 6, 4, 2, 9, 5, 3});
}

TEST_CASE("DynamicQuantizeLinear follows ONNX's formula", "[ops][quantize]") {
  test::Random random(11);
  for (int64_t count = 1; count < 60; ++count) {
    const float low = random.real(-5, 3), high = random.real(low, 6);
    const Tensor x = random.floats({count}, low, high);
    float min = 0, max = 0;
    for (float value : x.span<float>()) {
      min = std::fmin(min, value);
      max = std::fmax(max, value);
    }
    for (const int64_t qmax : {255, 127}) {
      OpRunner runner("DynamicQuantizeLinear");
      const auto out = runner.notes({.qmax = qmax}).outputs(3).input(copy(x)).run();
      const float scale = max == min ? 1.0f : (max - min) / static_cast<float>(qmax);
      const auto zero_point = static_cast<int64_t>(quantized(-min / scale, 1, 0, 0, qmax));
      CHECK(out[1].span<float>()[0] == scale);
      CHECK(out[2].span<uint8_t>()[0] == zero_point);
      for (int64_t i = 0; i < count; ++i)
        REQUIRE(out[0].span<uint8_t>()[i] == quantized(x.span<float>()[i], scale, zero_point, 0, qmax));
    }
  }
}

TEST_CASE("DynamicQuantizeLinear ranges each row on its own, and DequantizeLinear reads that",
          "[ops][quantize]") {
  test::Random random(12);
  const Tensor x = random.floats({2, 3, 21}, -2, 5);
  for (int row = 0; row < 6; ++row)
    for (float& value : x.span<float>().subspan(row * 21, 21)) value *= static_cast<float>(row + 1);
  OpRunner runner("DynamicQuantizeLinear");
  const auto out = runner.notes({.granularity = Granularity::row}).outputs(3).input(copy(x)).run();
  REQUIRE(to_string(out[1].shape()) == "[2,3,1]");
  const Tensor back = OpRunner("DequantizeLinear")
                          .attr("axis", int64_t{-1})
                          .input(Tensor::of<uint8_t>(x.shape(), out[0].span<uint8_t>()))
                          .input(copy(out[1]))
                          .input(Tensor::of<uint8_t>(out[2].shape(), out[2].span<uint8_t>()))
                          .run1();
  for (int64_t row = 0; row < 6; ++row) {
    const auto range = kernels::find_range(x.span<float>().data() + row * 21, 21);
    const auto params = kernels::dynamic_params(range, 0, 255);
    CHECK(out[1].span<float>()[row] == params.scale);
    CHECK(out[2].span<uint8_t>()[row] == params.zero_point);
    for (int64_t i = row * 21; i < (row + 1) * 21; ++i)
      REQUIRE(std::fabs(back.span<float>()[i] - x.span<float>()[i]) <= params.scale * 0.5001f);
  }
}

TEST_CASE("DynamicQuantizeLinear takes zeros, NaN and infinities", "[ops][quantize]") {
  const auto run = [](std::vector<float> x) {
    return OpRunner("DynamicQuantizeLinear")
        .outputs(3)
        .input(Tensor::of<float>({std::ssize(x)}, std::span<const float>(x)))
        .run();
  };
  const auto zeros = run(std::vector<float>(20));
  CHECK(zeros[1].span<float>()[0] == 1);
  CHECK(test::values<uint8_t>(zeros[0]) == std::vector<uint8_t>(20, 0));
  // NaN has no part in the range and becomes the zero_point.
  const auto with_nan = run({kNan, -1, 3, kNan, 1, kNan});
  CHECK(with_nan[1].span<float>()[0] == 4.0f / 255);
  CHECK(with_nan[0].span<uint8_t>()[0] == with_nan[2].span<uint8_t>()[0]);
  const auto infinite = run({kInfinity, -1, 3});
  CHECK(infinite[1].span<float>()[0] == kInfinity);
}

TEST_CASE("DynamicQuantizeLinear ranges numbers of any size", "[ops][quantize]") {
  for (const float size : {1e-36f, 1e-30f, 1e-8f, 1e20f, 3e38f}) {
    const std::vector<float> x = {-size, size / 3, size};
    const auto out = OpRunner("DynamicQuantizeLinear").outputs(3).input(Tensor::of<float>({3}, x)).run();
    const double scale = out[1].span<float>()[0];
    CHECK(std::abs(scale / (2 * double(size) / 255) - 1) < 1e-5);
    for (int i : {0, 1, 2}) {
      const double back = scale * (out[0].span<uint8_t>()[i] - out[2].span<uint8_t>()[0]);
      CHECK(std::abs(back - x[i]) <= scale * 0.5001);
    }
  }
}

TEST_CASE("the range of floats leaves out NaN wherever it stands", "[kernels][quantize]") {
  test::Random random(13);
  for (int64_t count = 0; count < 40; ++count) {
    const Tensor x = random.floats({count}, -3, 2);
    for (float& value : x.span<float>())
      if (random.below(4) == 0) value = kNan;
    float min = 0, max = 0;
    for (float value : x.span<float>()) {
      min = std::fmin(min, value);
      max = std::fmax(max, value);
    }
    const auto range = kernels::find_range(x.span<float>().data(), count);
    CHECK(range.min == min);
    CHECK(range.max == max);
  }
}

TEST_CASE("Blocks of an axis have scales of their own", "[quantize_linear]") {
  const Tensor x = Tensor::of<float>({2, 4, 2}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16});
  const Tensor scale = Tensor::of<float>({2, 2, 2}, {1, 2, 0.5f, 1, 1, 1, 4, 2});
  const auto quantize = [&](int64_t axis, const Shape& blocks) {
    const Tensor y = OpRunner("QuantizeLinear")
                         .attr("axis", axis)
                         .attr("block_size", int64_t{2})
                         .input(copy(x))
                         .constant(Tensor::of<float>(blocks, scale.span<float>()))
                         .run1();
    return std::vector<uint8_t>(y.span<uint8_t>().begin(), y.span<uint8_t>().end());
  };
  CHECK(quantize(1, {2, 2, 2}) == std::vector<uint8_t>{1, 1, 3, 2, 10, 6, 14, 8, 9, 10, 11, 12, 3, 7, 4, 8});
  CHECK_FALSE(error_of([&] { quantize(1, {2, 4, 1}); }).empty());
}

}  // namespace
}  // namespace octavo
