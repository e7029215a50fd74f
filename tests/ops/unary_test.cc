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
double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }

// The operators whose float32 results are not those of their function in float64.
constexpr const char* kWithKernels[] = {
    "Relu",  "LeakyRelu", "Sigmoid", "HardSigmoid", "HardSwish",  "Tanh",     "Exp",
    "Sqrt",  "Abs",       "Neg",     "Log",         "Reciprocal", "Floor",    "Ceil",
    "Round", "Erf",       "Gelu",    "Elu",         "Mish",       "Softplus", "Swish"};
constexpr const char* kOthers[] = {"Selu",     "Celu",   "ThresholdedRelu",
                                   "Softsign", "Shrink", "Sign",
                                   "Sin",      "Cos",    "Tan",
                                   "Asin",     "Acos",   "Atan",
                                   "Sinh",     "Cosh",   "Asinh",
                                   "Acosh",    "Atanh"};

// The largest error relative to the larger of the exact value and 1.
double error(OpRunner op, const std::vector<float>& x, double (*exact)(double)) {
  const std::vector<float> y = compute(std::move(op), x);
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double expected = exact(x[i]);
    worst = std::max(worst, std::abs(y[i] - expected) / std::max(std::abs(expected), 1.0));
  }
  return worst;
}

template <class To, class From> std::vector<To> compute_of(OpRunner op, std::vector<From> x) {
  const auto size = static_cast<int64_t>(x.size());
  Tensor tensor(dtype_of<From>, {size});
  std::ranges::copy(x, tensor.span<From>().begin());
  return values<To>(op.input(std::move(tensor)).run1());
}

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
  std::vector<const char*> ops(std::begin(kWithKernels), std::end(kWithKernels));
  ops.insert(ops.end(), std::begin(kOthers), std::end(kOthers));
  for (const char* op : ops) {
    CAPTURE(op);
    for (float y : compute(OpRunner(op), std::vector<float>(7, kNan))) CHECK(std::isnan(y));
  }
}

TEST_CASE("The table function of a quantized operator agrees with its kernel") {
  for (const char* name : kWithKernels) {
    CAPTURE(name);
    OpRunner op(name);
    if (std::string_view(name) == "LeakyRelu") op.attr("alpha", 0.3f);
    const auto x =
        ramp(std::string_view(name) == "Sqrt" || std::string_view(name) == "Log" ? 0.01f : -5.0f, 5, 101);
    const auto y = compute(op, x);
    for (std::size_t i = 0; i < x.size(); ++i)
      CHECK(std::abs(op.function(x[i]) - y[i]) <= 1e-6f * std::max(1.0f, std::abs(y[i])));
  }
}

TEST_CASE("Log, Erf and what networks activate with are accurate") {
  CHECK(relative_error(OpRunner("Log"), ramp(1e-3f, 0.9f, 20001), std::log) < 3e-7);
  CHECK(error(OpRunner("Log"), ramp(0.5f, 2, 20001), std::log) < 2e-7);
  CHECK(error(OpRunner("Log"), ramp(1, 1e30f, 20001), std::log) < 2e-7);
  CHECK(error(OpRunner("Log"), ramp(1e-45f, 1e-37f, 20001), std::log) < 2e-7);
  CHECK(relative_error(OpRunner("Erf"), ramp(-6, 6, 20001), std::erf) < 6e-7);
  CHECK(relative_error(OpRunner("Erf"), ramp(-1e-6f, 1e-6f, 2000), std::erf) < 3e-7);
  CHECK(error(OpRunner("Gelu"), ramp(-9, 9, 20001),
              [](double x) { return x / 2 * std::erfc(-x / std::sqrt(2.0)); }) < 1e-6);
  CHECK(error(OpRunner("Gelu").attr("approximate", std::string("tanh")), ramp(-9, 9, 20001), [](double x) {
          return x / 2 * (1 + std::tanh(std::sqrt(2 / 3.14159265358979323846) * (x + 0.044715 * x * x * x)));
        }) < 1e-6);
  CHECK(relative_error(OpRunner("Softplus"), ramp(-80, 90, 20001), softplus) < 5e-7);
  CHECK(relative_error(OpRunner("Mish"), ramp(-80, 90, 20001),
                       [](double x) { return x * std::tanh(softplus(x)); }) < 1e-6);
  CHECK(relative_error(OpRunner("Swish"), ramp(-80, 90, 20001), [](double x) { return x * sigmoid(x); }) <
        5e-7);
  CHECK(relative_error(OpRunner("Swish").attr("alpha", 0.5f), ramp(-80, 90, 20001),
                       [](double x) { return x * sigmoid(x / 2); }) < 5e-7);
  CHECK(error(OpRunner("Elu"), ramp(-90, 9, 20001), [](double x) { return x < 0 ? std::expm1(x) : x; }) <
        2e-7);
}

TEST_CASE("Log, Erf and activations at their ends") {
  CHECK(compute(OpRunner("Log"), {0, -0.0f, 1, kInfinity}) ==
        std::vector<float>{-kInfinity, -kInfinity, 0, kInfinity});
  for (float y : compute(OpRunner("Log"), {-1, -1e-40f, -kInfinity})) CHECK(std::isnan(y));
  CHECK(compute(OpRunner("Erf"), {0, kInfinity, -kInfinity, 5, -5}) == std::vector<float>{0, 1, -1, 1, -1});
  CHECK(compute(OpRunner("Gelu"), {0, 100, -100}) == std::vector<float>{0, 100, 0});
  CHECK(compute(OpRunner("Softplus"), {1000, -1000, kInfinity, -kInfinity}) ==
        std::vector<float>{1000, 0, kInfinity, 0});
  CHECK(compute(OpRunner("Mish"), {1000, -1000, kInfinity}) == std::vector<float>{1000, 0, kInfinity});
  CHECK(compute(OpRunner("Elu").attr("alpha", 2.0f), {-kInfinity, 3}) == std::vector<float>{-2, 3});
}

TEST_CASE("Rounding goes to the even integer, and keeps large numbers") {
  CHECK(compute(OpRunner("Round"), {-2.5f, -1.5f, -0.5f, 0.5f, 1.5f, 2.5f, 2.6f, 1e10f}) ==
        std::vector<float>{-2, -2, 0, 0, 2, 2, 3, 1e10f});
  CHECK(compute(OpRunner("Floor"), {-1.5f, 1.5f, 2}) == std::vector<float>{-2, 1, 2});
  CHECK(compute(OpRunner("Ceil"), {-1.5f, 1.5f, 2}) == std::vector<float>{-1, 2, 2});
}

TEST_CASE("Functions without a kernel") {
  struct Row {
    const char* op;
    double (*exact)(double);
    float low, high;
  };
  for (const auto& [op, exact, low, high] :
       {Row{"Sin", std::sin, -99, 99}, Row{"Cos", std::cos, -99, 99}, Row{"Tan", std::tan, -1.5f, 1.5f},
        Row{"Asin", std::asin, -1, 1}, Row{"Acos", std::acos, -1, 1}, Row{"Atan", std::atan, -9, 9},
        Row{"Sinh", std::sinh, -80, 80}, Row{"Cosh", std::cosh, -80, 80},
        Row{"Asinh", std::asinh, -1e30f, 1e30f}, Row{"Asinh", std::asinh, -1, 1},
        Row{"Acosh", std::acosh, 1, 1e30f}, Row{"Acosh", std::acosh, 1, 2},
        Row{"Atanh", std::atanh, -1, 1}}) {
    CAPTURE(op);
    CHECK(relative_error(OpRunner(op), ramp(low, high, 2001), exact) < 1e-7);
  }
  CHECK(compute(OpRunner("Sinh"), {1000, -1000}) == std::vector<float>{kInfinity, -kInfinity});
  CHECK(compute(OpRunner("Sign"), {-3, 0, 0.5f}) == std::vector<float>{-1, 0, 1});
  CHECK(compute(OpRunner("Softsign"), {-1, 3}) == std::vector<float>{-0.5f, 0.75f});
  CHECK(compute(OpRunner("ThresholdedRelu").attr("alpha", 2.0f), {1, 2, 3}) == std::vector<float>{0, 0, 3});
  CHECK(compute(OpRunner("Shrink").attr("lambd", 1.5f).attr("bias", 1.0f), {-2, -1, 0, 2}) ==
        std::vector<float>{-1, 0, 0, 1});
  CHECK(compute(OpRunner("Selu").attr("alpha", 2.0f).attr("gamma", 3.0f), {-kInfinity, 1}) ==
        std::vector<float>{-6, 3});
  CHECK(compute(OpRunner("Celu").attr("alpha", 2.0f), {-kInfinity, 1}) == std::vector<float>{-2, 1});
}

TEST_CASE("Functions of integers") {
  CHECK(compute_of<int8_t, int8_t>(OpRunner("Abs"), {-128, -5, 5}) == std::vector<int8_t>{-128, 5, 5});
  CHECK(compute_of<uint64_t, uint64_t>(OpRunner("Abs"), {UINT64_MAX}) == std::vector<uint64_t>{UINT64_MAX});
  CHECK(compute_of<int64_t, int64_t>(OpRunner("Neg"), {INT64_MIN, 7}) == Ints{INT64_MIN, -7});
  CHECK(compute_of<int32_t, int32_t>(OpRunner("Sign"), {-9, 0, 9}) == std::vector<int32_t>{-1, 0, 1});
  CHECK(compute_of<uint64_t, uint64_t>(OpRunner("Sign"), {UINT64_MAX, 0}) == std::vector<uint64_t>{1, 0});
  CHECK(compute_of<int16_t, int16_t>(OpRunner("Relu"), {-3, 3}) == std::vector<int16_t>{0, 3});
  CHECK(compute_of<int32_t, int32_t>(OpRunner("Shrink"), {-3, 0, 3}) == std::vector<int32_t>{-3, 0, 3});
  CHECK(compute_of<uint8_t, uint8_t>(OpRunner("BitwiseNot"), {5}) == std::vector<uint8_t>{250});
  CHECK(compute_of<bool, bool>(OpRunner("Not"), {true, false}) == std::vector<bool>{false, true});
}

TEST_CASE("Functions of float64") {
  for (const auto& [op, exact] : {std::pair<const char*, double (*)(double)>{"Log", std::log},
                                  {"Erf", std::erf},
                                  {"Exp", std::exp},
                                  {"Sinh", std::sinh},
                                  {"Acosh", std::acosh}})
    for (double x : {1.25, 1.5, 2.5, 4.0, 7.0}) {
      CAPTURE(op, x);
      CHECK(std::abs(compute_of<double, double>(OpRunner(op), {x})[0] / exact(x) - 1) < 1e-13);
    }
}

TEST_CASE("IsNaN and IsInf give booleans") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> x = {nan, kInfinity, -kInfinity, 1};
  using Flags = std::vector<bool>;
  CHECK(compute_of<bool>(OpRunner("IsNaN"), x) == Flags{true, false, false, false});
  CHECK(compute_of<bool>(OpRunner("IsInf"), x) == Flags{false, true, true, false});
  CHECK(compute_of<bool>(OpRunner("IsInf").attr("detect_negative", int64_t{0}), x) ==
        Flags{false, true, false, false});
  CHECK(compute_of<bool>(OpRunner("IsInf").attr("detect_positive", int64_t{0}), x) ==
        Flags{false, false, true, false});
}

TEST_CASE("Only a Relu of float32 may go into a clamp") {
  OpRunner relu("Relu");
  relu.input(Tensor::of<double>({1}, {-1}));
  CHECK(!relu.node().op->quant.clamp(relu.graph(), relu.node()));
}

TEST_CASE("Unary operators keep shapes and refuse other types") {
  CHECK(*infer_op("Relu", {{DType::f32, Shape{kDynamic, 3}}})[0].shape == Shape{kDynamic, 3});
  CHECK(error_of([] { infer_op("Exp", {{DType::s64, Shape{2}}}); }) ==
        "Unsupported: input 0 is int64; supported: float32, float64");
  CHECK(error_of([] { infer_op("Neg", {{DType::u8, Shape{2}}}); }) ==
        "Unsupported: input 0 is uint8; supported: float32, float64, signed integers");
  Attrs attrs;
  attrs.set("approximate", std::string("sigmoid"));
  CHECK(error_of([&] { infer_op("Gelu", {{DType::f32, Shape{2}}}, attrs); }) ==
        "InvalidGraph: the attribute 'approximate' is 'sigmoid', not none or tanh");
  CHECK(OpRunner("Tanh").input(Tensor(DType::f32, {0, 3})).run1().shape() == Shape{0, 3});
  CHECK(OpRunner("Sin").input(Tensor(DType::f32, {0, 3})).run1().shape() == Shape{0, 3});
}
