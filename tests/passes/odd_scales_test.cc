// Scales of foreign files that no integer operator can compute with, and those that are far apart.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <limits>

#include "support/qdq_graphs.h"

using namespace octavo;
using namespace octavo::test;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

}  // namespace

TEST_CASE("A tensor that was 0 throughout a foreign calibration") {
  for (float scale : {0.0f, -0.5f, 1e-40f, kInfinity, kNan}) {
    CAPTURE(scale);
    GraphBuilder b;
    const ValueId x = b.input("x", {1, 1, 1, 2});
    const ValueId zero = fake_quantize(b, b.node("Sub", {x, x}), scale, 0);
    const ValueId y = b.node("Concat", {fake_quantize(b, x, 0.5f, 0), zero}, attrs({{"axis", int64_t{1}}}));
    b.output(fake_quantize(b, y, 0.5f, 0));
    const LoweredModel model = lowered(b);
    CHECK(model.run({1, 2}) == std::vector<Floats>{{1, 2, 0, 0}});
    const bool is_usable = scale > 0 && scale < 1;
    CHECK(count(model.graph, "octavo.QConcat") == (is_usable ? 1 : 0));
    CHECK_THAT(model.reason("Concat"), ContainsSubstring(is_usable ? "" : "positive scale"));
  }
}

TEST_CASE("An output without a positive scale stays float and says so") {
  for (float scale : {0.0f, -1.0f, kInfinity, kNan}) {
    CAPTURE(scale);
    GraphBuilder b;
    const ValueId x = fake_quantize(b, b.input("x", {1, 2}), 0.5f, 0);
    const ValueId y = b.node("MatMul", {x, weights(b, {2, 2}, {1, 0, 0, 1}, 1)});
    b.output(b.node("Cast", {quantize<uint8_t>(b, y, scale, 3)}, attrs({{"to", int64_t{1}}})));
    const LoweredModel model = lowered(b);
    // 1 / 0 saturates, 1 / -1 + 3 = 2, what is divided by infinity or NaN becomes the zero point.
    const Floats expected = scale == 0 ? Floats{255, 255} : scale < 0 ? Floats{2, 1} : Floats{3, 3};
    CHECK(model.run({1, 2}) == std::vector<Floats>{expected});
    CHECK_THAT(model.reason("MatMul"), ContainsSubstring("positive scale"));
  }
}

TEST_CASE("Weights and biases without positive scales stay float with their node") {
  for (float scale : {0.0f, -2.0f}) {
    GraphBuilder b;
    const ValueId x = fake_quantize(b, b.input("x", {1, 2}), 0.5f, 0);
    const ValueId zeros = weights(b, {2, 2}, {1, 0, 0, 1}, scale), ones = weights(b, {2, 2}, {1, 0, 0, 1}, 1);
    const ValueId bias = dequantize<int32_t>(b, b.constant(Tensor::of<int32_t>({2}, {4, 6})), scale, 1);
    b.output(fake_quantize(b, b.node("MatMul", {x, zeros}), 0.5f, 128));
    b.output(fake_quantize(b, b.node("Gemm", {x, ones, bias}), 0.5f, 128));
    const LoweredModel model = lowered(b);
    CHECK(model.run({1, 2}) == std::vector<Floats>{{scale, 2 * scale}, {1 + 3 * scale, 2 + 5 * scale}});
    CHECK_THAT(model.reason("MatMul"), ContainsSubstring("positive scale"));
    CHECK_THAT(model.reason("Gemm"), ContainsSubstring("positive scale"));
  }
}

// 1e30 / 1e-30 is no float: whatever is not 0 saturates.
TEST_CASE("Scales so far apart that their ratio overflows") {
  const auto check = [](auto&& make, const Floats& expected, std::string_view integer_op) {
    GraphBuilder b;
    const ValueId x = fake_quantize(b, b.input("x", {1, 1, 2, 2}), 1e30f, 128);
    b.output(b.node("Cast", {quantize<uint8_t>(b, make(b, x), 1e-30f, 128)}, attrs({{"to", int64_t{1}}})));
    const LoweredModel model = lowered(b);
    CAPTURE(integer_op);
    CHECK(model.run({0, 1e30f, -1e30f, 5e30f}) == std::vector<Floats>{expected});
    CHECK(count(model.graph, integer_op) == 1);
  };
  const Floats saturated = {128, 255, 0, 255};
  check([](GraphBuilder& b, ValueId x) { return b.node("Conv", {x, weights(b, {1, 1, 1, 1}, {3}, 1)}); },
        saturated, "octavo.QConv");
  check([](GraphBuilder& b, ValueId x) { return b.node("Concat", {x}, attrs({{"axis", int64_t{0}}})); },
        saturated, "octavo.QConcat");
  const Attrs kernel = attrs({{"kernel_shape", std::vector<int64_t>{1, 1}}});
  check([&](GraphBuilder& b, ValueId x) { return b.node("AveragePool", {x}, kernel); }, saturated,
        "octavo.QAveragePool");
  check([](GraphBuilder& b, ValueId x) { return b.node("Mul", {x, fake_quantize(b, x, 1e30f, 128)}); },
        {128, 255, 255, 255}, "octavo.QMul");
  // The sum of 1e30 · q and -1.5e32 · r, whose ratios to 1e-30 both overflow: the first is heard where r is 0.
  check(
      [](GraphBuilder& b, ValueId x) {
        const ValueId other = b.constant(Tensor::of<uint8_t>({1, 1, 2, 2}, {127, 128, 128, 127}));
        return b.node("Add", {x, dequantize<uint8_t>(b, other, 1.5e32f, 128)});
      },
      {0, 255, 0, 0}, "octavo.QAdd");
}

TEST_CASE("A ratio of scales that underflows gives the zero point") {
  GraphBuilder b;
  const ValueId x = fake_quantize(b, b.input("x", {1, 2}), 1e-30f, 0);
  const ValueId y = b.node("MatMul", {x, weights(b, {2, 2}, {1, 0, 0, 1}, 1e-20f)});
  b.output(fake_quantize(b, y, 1, 7));
  const LoweredModel model = lowered(b);
  CHECK(model.run({1e-28f, 2e-28f}) == std::vector<Floats>{{0, 0}});
  CHECK(count(model.graph, "octavo.QGemm") == 1);
}
