#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <limits>

#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::vector<float> compute(OpRunner op, std::vector<float> x) {
  const auto size = static_cast<int64_t>(x.size());
  return values<float>(op.input(Tensor::of<float>({size}, std::span<const float>(x))).run1());
}

std::vector<float> ramp(float from, float to, int count) {
  std::vector<float> x;
  for (int i = 0; i < count; ++i)
    x.push_back(from + (to - from) * static_cast<float>(i) / static_cast<float>(count));
  return x;
}

// The largest error relative to the exact value; below the least normal number, relative to that.
double relative_error(OpRunner op, const std::vector<float>& x, double (*exact)(double)) {
  const std::vector<float> y = compute(std::move(op), x);
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double expected = exact(x[i]);
    worst = std::max(worst, std::abs(y[i] - expected) / std::max(std::abs(expected), 1.2e-38));
  }
  return worst;
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

}  // namespace

TEST_CASE("Piecewise linear functions") {
  CHECK(compute(OpRunner("Relu"), {-1, 0, 2, -kInfinity}) == std::vector<float>{0, 0, 2, 0});
  CHECK(compute(OpRunner("LeakyRelu"), {-2, 3}) == std::vector<float>{-0.02f, 3});
  CHECK(compute(OpRunner("LeakyRelu").attr("alpha", 0.5f), {-2, 3}) == std::vector<float>{-1, 3});
  CHECK(compute(OpRunner("HardSigmoid").attr("alpha", 0.5f).attr("beta", 0.25f), {-1, 0, 1, 2}) ==
        std::vector<float>{0, 0.25f, 0.75f, 1});
  CHECK(compute(OpRunner("HardSigmoid"), {-3, 0, 3}) == std::vector<float>{0, 0.5f, 1});
  CHECK(compute(OpRunner("HardSwish"), {-4, -3, 0, 3, 5}) == std::vector<float>{0, 0, 0, 3, 5});
  CHECK(compute(OpRunner("Sqrt"), {0, 4, 2.25f}) == std::vector<float>{0, 2, 1.5f});
}

TEST_CASE("An attribute that the operator does not have is not read") {
  CHECK(compute(OpRunner("Relu").attr("alpha", int64_t{2}), {-2, 3}) == std::vector<float>{0, 3});
}

TEST_CASE("Exp, Sigmoid and Tanh are accurate") {
  CHECK(relative_error(OpRunner("Exp"), ramp(-87, 88.7f, 20001), std::exp) < 2.5e-7);
  CHECK(relative_error(OpRunner("Sigmoid"), ramp(-87, 90, 20001), sigmoid) < 3e-7);
  CHECK(relative_error(OpRunner("Tanh"), ramp(-12, 12, 20001), std::tanh) < 3e-7);
  CHECK(relative_error(OpRunner("Tanh"), ramp(-1e-3f, 1e-3f, 2000), std::tanh) < 2e-7);
}

TEST_CASE("Exp, Sigmoid and Tanh at their ends") {
  CHECK(compute(OpRunner("Exp"), {0, 1000, -1000, kInfinity, -kInfinity, 88.73f, -103.0f}) ==
        std::vector<float>{1, kInfinity, 0, kInfinity, 0, kInfinity, 1.4e-45f});
  CHECK(compute(OpRunner("Sigmoid"), {0, 1000, -1000, kInfinity, -kInfinity}) ==
        std::vector<float>{0.5f, 1, 0, 1, 0});
  CHECK(compute(OpRunner("Tanh"), {0, 1000, -1000, kInfinity, -kInfinity}) ==
        std::vector<float>{0, 1, -1, 1, -1});
}

TEST_CASE("NaN passes through every function") {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  for (const char* op : {"Relu", "LeakyRelu", "Sigmoid", "HardSigmoid", "HardSwish", "Tanh", "Exp", "Sqrt"}) {
    CAPTURE(op);
    for (float y : compute(OpRunner(op), std::vector<float>(7, kNan))) CHECK(std::isnan(y));
  }
}

TEST_CASE("The table function of a quantized operator agrees with its kernel") {
  for (const char* name :
       {"Relu", "LeakyRelu", "Sigmoid", "HardSigmoid", "HardSwish", "Tanh", "Exp", "Sqrt"}) {
    CAPTURE(name);
    OpRunner op(name);
    if (std::string_view(name) == "LeakyRelu") op.attr("alpha", 0.3f);
    const auto x = ramp(std::string_view(name) == "Sqrt" ? 0.0f : -5.0f, 5, 101);
    const auto y = compute(op, x);
    for (std::size_t i = 0; i < x.size(); ++i)
      CHECK(std::abs(op.function(x[i]) - y[i]) <= 1e-6f * std::max(1.0f, std::abs(y[i])));
  }
}

TEST_CASE("Unary operators keep shapes and want float32") {
  CHECK(*infer_op("Relu", {{DType::f32, Shape{kDynamic, 3}}})[0].shape == Shape{kDynamic, 3});
  CHECK(error_of([] { infer_op("Exp", {{DType::s64, Shape{2}}}); }) ==
        "Unsupported: input 0 is int64; supported: float32");
  CHECK(OpRunner("Tanh").input(Tensor(DType::f32, {0, 3})).run1().shape() == Shape{0, 3});
}
