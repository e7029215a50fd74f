#include <catch2/catch_test_macros.hpp>
#include <limits>

#include "kernels/gemm_s8/gemm_s8.h"
#include "kernels/quantize/quantize.h"
#include "support/op_runner.h"
#include "support/random_data.h"
#include "support/requantize_reference.h"

namespace octavo {
namespace {

using test::error_of;
using test::OpRunner;

template <class T> Tensor copy(const Tensor& t) { return Tensor::of<T>(t.shape(), t.span<T>()); }

// x [2, m, k] · w [k, n] or [n, k].
struct Problem {
  int64_t m, n, k;
  bool trans_b, per_channel;
  QParams w_params;
  Tensor w;

  Problem(int64_t m, int64_t n, int64_t k, bool trans_b, bool per_channel, test::Random& random)
      : m(m),
        n(n),
        k(k),
        trans_b(trans_b),
        per_channel(per_channel),
        w(random.integers<int8_t>(trans_b ? Shape{n, k} : Shape{k, n}, -128, 127)) {
    w_params = {.axis = per_channel ? (trans_b ? 0 : 1) : -1, .qmin = -127, .qmax = 127};
    for (int64_t i = 0; i < (per_channel ? n : 1); ++i) {
      w_params.scale.push_back(random.real(0.001f, 0.02f));
      w_params.zero_point.push_back(0);
    }
  }

  Problem& with_zero_points(test::Random& random) {
    for (int32_t& z : w_params.zero_point) z = static_cast<int32_t>(random.integer(-128, 127));
    return *this;
  }

  float w_scale(int64_t column) const { return w_params.scale[per_channel ? column : 0]; }
  int64_t accumulate(const uint8_t* row, int32_t zero_point, int64_t column) const {
    int64_t sum = 0;
    for (int64_t i = 0; i < k; ++i)
      sum += int64_t{row[i] - zero_point} * (w.span<int8_t>()[trans_b ? column * k + i : i * n + column] -
                                             w_params.zero_point[per_channel ? column : 0]);
    return sum;
  }
};

void check_q_gemm(const Problem& p, int32_t qmax, test::Random& random, KernelPolicy policy = {}) {
  INFO("m " << p.m << " n " << p.n << " k " << p.k << " transB " << p.trans_b << " qmax " << qmax);
  const QParams in = test::u8_qparams(0.05f, static_cast<int32_t>(random.integer(0, qmax)), 0, qmax);
  const QParams out = test::u8_qparams(random.real(0.01f, 1), static_cast<int32_t>(random.integer(0, 255)));
  const Tensor x = random.integers<uint8_t>({2, p.m, p.k}, 0, qmax);
  const Tensor bias = random.integers<int32_t>({p.n}, -30000, 30000);
  OpRunner runner("octavo.QGemm");
  runner.attr("transB", int64_t{p.trans_b}).kernels(std::move(policy));
  runner.input(copy<uint8_t>(x)).input_qparams(in).constant(copy<int8_t>(p.w)).input_qparams(p.w_params);
  const Tensor y = runner.constant(copy<int32_t>(bias)).output_qparams(out).run1();
  REQUIRE(to_string(y.shape()) == to_string(Shape{2, p.m, p.n}));
  for (int64_t row = 0; row < 2 * p.m; ++row)
    for (int64_t column = 0; column < p.n; ++column) {
      const int64_t acc = p.accumulate(&x.span<uint8_t>()[row * p.k], in.zero_point[0], column);
      const float multiplier = test::multiplier(in.scale[0], p.w_scale(column), out.scale[0]);
      REQUIRE(y.span<uint8_t>()[row * p.n + column] ==
              test::requantize(acc + bias.span<int32_t>()[column], multiplier, out));
    }
}

TEST_CASE("octavo.QGemm equals the integer loops", "[ops][q_gemm]") {
  test::Random random(1);
  for (const int64_t m : {1, 4, 7})
    for (const int64_t n : {1, 5, 16, 33})
      for (const int64_t k : {1, 3, 32, 61})
        for (const bool trans_b : {false, true})
          for (const int32_t qmax : {255, 127})
            check_q_gemm(Problem(m, n, k, trans_b, n % 2 == 1, random), qmax, random);
}

TEST_CASE("octavo.QGemm subtracts the zero points of its weights", "[ops][q_gemm]") {
  test::Random random(4);
  for (const int64_t m : {1, 7})
    for (const int64_t n : {1, 33, 64})
      for (const int64_t k : {1, 61})
        for (const int32_t qmax : {255, 127})
          check_q_gemm(Problem(m, n, k, m == 1, n % 2 == 1, random).with_zero_points(random), qmax, random);
}

TEST_CASE("octavo.QGemm gives the same with every kernel", "[ops][q_gemm]") {
  test::Random random(2);
  for (const int32_t qmax : {255, 127})
    for (const auto& kernel : kernels::gemm_s8_kernels()) {
      KernelPolicy policy;
      const auto range = qmax == 127 ? kernels::ActivationRange::u7 : kernels::ActivationRange::u8;
      if (kernels::select_gemm_s8(policy.facts, range, kernel.name) == nullptr) continue;
      policy.forced["gemm_s8"] = kernel.name;
      check_q_gemm(Problem(9, 21, 70, true, true, random), qmax, random, policy);
    }
}

TEST_CASE("octavo.QGemm adds a bias up to its limit and refuses more", "[ops][q_gemm]") {
  const QParams in = test::u8_qparams(1, 255), w{.scale = {1}, .zero_point = {0}, .qmin = -128, .qmax = 127};
  const auto y = [&](int32_t bias) {
    OpRunner runner("octavo.QGemm");
    runner.input(Tensor::of<uint8_t>({1, 2}, {0, 0})).input_qparams(in);
    runner.constant(Tensor::of<int8_t>({2, 1}, {-128, -128})).input_qparams(w);
    return runner.constant(Tensor::of<int32_t>({1}, {bias})).output_qparams(test::u8_qparams(1e7f, 0)).run1();
  };
  const int32_t limit = kernels::max_bias(2);
  // 2 · (0 - 255) · -128 + limit = 2^31 - 1
  CHECK(y(limit).span<uint8_t>()[0] == 215);
  CHECK(y(-limit).span<uint8_t>()[0] == 0);
  for (int32_t bias : {limit + 1, -limit - 1, std::numeric_limits<int32_t>::min()})
    CHECK(error_of([&] { y(bias); }) ==
          "Unsupported: the bias may overflow a sum of 2 products; its limit is 2147418367");
}

TEST_CASE("octavo.QGemmToFloat gives the sums as floats, with every kernel", "[ops][q_gemm]") {
  test::Random random(6);
  for (const bool has_zero_points : {false, true})
    for (const int64_t n : {1, 21})
      for (const int32_t qmax : {255, 127})
        for (const auto& kernel : kernels::gemm_s8_kernels()) {
          KernelPolicy policy;
          const auto range = qmax == 127 ? kernels::ActivationRange::u7 : kernels::ActivationRange::u8;
          if (kernels::select_gemm_s8(policy.facts, range, kernel.name) == nullptr) continue;
          policy.forced["gemm_s8"] = kernel.name;
          Problem p(5, n, 35, n == 1, n == 21, random);
          if (has_zero_points) p.with_zero_points(random);
          INFO("kernel " << kernel.name << " n " << n << " qmax " << qmax);
          const QParams in = test::u8_qparams(0.05f, static_cast<int32_t>(random.integer(0, qmax)), 0, qmax);
          const Tensor x = random.integers<uint8_t>({2, p.m, p.k}, 0, qmax), bias = random.floats({p.n});
          OpRunner runner("octavo.QGemmToFloat");
          runner.attr("transB", int64_t{p.trans_b}).clamp({.high = 3}).kernels(std::move(policy));
          runner.input(copy<uint8_t>(x))
              .input_qparams(in)
              .constant(copy<int8_t>(p.w))
              .input_qparams(p.w_params);
          const Tensor y = runner.constant(copy<float>(bias)).run1();
          REQUIRE(y.shape() == Shape{2, p.m, p.n});
          for (int64_t row = 0; row < 2 * p.m; ++row)
            for (int64_t column = 0; column < p.n; ++column) {
              const int64_t sum = p.accumulate(&x.span<uint8_t>()[row * p.k], in.zero_point[0], column);
              const float scale = in.scale[0] * p.w_scale(column);
              REQUIRE(y.span<float>()[row * p.n + column] ==
                      std::min(static_cast<float>(sum) * scale + bias.span<float>()[column], 3.0f));
            }
        }
}

void check_dynamic(const Problem& p, bool by_row, int32_t qmax, test::Random& random) {
  INFO("m " << p.m << " n " << p.n << " k " << p.k << " transB " << p.trans_b << " by row " << by_row);
  const Tensor x = random.floats({2, p.m, p.k}, -1, 3), bias = random.floats({p.n});
  const int64_t rows = 2 * p.m;
  for (int64_t i = 0; i < x.shape().elements(); ++i) x.span<float>()[i] *= static_cast<float>(i / p.k + 1);
  OpRunner runner("octavo.DynamicQGemm");
  runner.attr("transB", int64_t{p.trans_b}).clamp({.high = 1});
  runner.notes({.qmax = qmax, .granularity = by_row ? Granularity::row : Granularity::tensor});
  runner.input(copy<float>(x))
      .constant(copy<int8_t>(p.w))
      .input_qparams(p.w_params)
      .constant(copy<float>(bias));
  const Tensor y = runner.run1();
  const int64_t length = by_row ? p.k : rows * p.k;
  std::vector<uint8_t> q(static_cast<std::size_t>(rows * p.k));
  for (int64_t row = 0; row < rows; ++row) {
    const float* const block = &x.span<float>()[by_row ? row * p.k : 0];
    const auto params = kernels::dynamic_params(kernels::find_range(block, length), 0, qmax);
    kernels::quantize(&x.span<float>()[row * p.k], p.k, params, &q[row * p.k]);
    for (int64_t column = 0; column < p.n; ++column) {
      const float scale = params.scale * p.w_scale(column);
      const float scaled = static_cast<float>(p.accumulate(&q[row * p.k], params.zero_point, column)) * scale;
      const float value = scaled + bias.span<float>()[column];
      REQUIRE(y.span<float>()[row * p.n + column] == (value > 1 ? 1 : value));
    }
  }
}

TEST_CASE("octavo.DynamicQGemm equals quantization and the integer loops", "[ops][dynamic_q_gemm]") {
  test::Random random(3);
  for (const int64_t m : {1, 5})
    for (const int64_t n : {1, 7, 32})
      for (const int64_t k : {1, 16, 45})
        for (const bool by_row : {false, true})
          for (const int32_t qmax : {255, 127}) {
            Problem p(m, n, k, n % 2 == 0, n % 2 == 1, random);
            check_dynamic(p, by_row, qmax, random);
            check_dynamic(p.with_zero_points(random), by_row, qmax, random);
          }
}

TEST_CASE("octavo.DynamicQGemm is near the float product", "[ops][dynamic_q_gemm]") {
  test::Random random(4);
  const Problem p(1, 8, 64, false, true, random);
  const Tensor x = random.floats({3, 64}, -1, 1);
  OpRunner runner("octavo.DynamicQGemm");
  runner.notes({.granularity = Granularity::row}).input(copy<float>(x));
  const Tensor y = runner.constant(copy<int8_t>(p.w)).input_qparams(p.w_params).run1();
  for (int64_t i = 0; i < 24; ++i) {
    double exact = 0;
    for (int64_t j = 0; j < 64; ++j)
      exact += double(x.span<float>()[i / 8 * 64 + j]) * p.w.span<int8_t>()[j * 8 + i % 8] * p.w_scale(i % 8);
    CHECK(std::abs(y.span<float>()[i] - exact) < 64 * 128 * p.w_scale(i % 8) * 2 / 255 / 2);
  }
}

TEST_CASE("octavo.DynamicQGemm of no rows", "[ops][dynamic_q_gemm]") {
  test::Random random(5);
  const Problem p(1, 8, 4, false, false, random);
  for (const Granularity granularity : {Granularity::row, Granularity::tensor}) {
    OpRunner runner("octavo.DynamicQGemm");
    runner.notes({.granularity = granularity}).input(Tensor(DType::f32, {0, 4}));
    CHECK(runner.constant(copy<int8_t>(p.w)).input_qparams(p.w_params).run1().bytes() == 0);
  }
}

TEST_CASE("Integer products name the shapes that do not fit", "[ops][q_gemm]") {
  const auto error = [](Shape x, Shape w, Shape bias, int64_t trans_b) {
    Attrs attrs;
    attrs.set("transB", trans_b);
    return error_of(
        [&] { test::infer_op("octavo.QGemm", {{DType::u8, x}, {DType::s8, w}, {DType::s32, bias}}, attrs); });
  };
  CHECK(error({2, 3}, {3, 4}, {4}, 0).empty());
  CHECK(error({2, 3}, {3, 4}, {4}, 1) ==
        "InvalidGraph: shapes [2,3] and [3,4] (transposed) have no matrix product");
  CHECK(error({2, 3}, {3, 4}, {3}, 0) == "InvalidGraph: bias [3] is not one value for each of 4 columns");
  const Shape deep{65537, 1};
  CHECK(
      error_of([&] {
        OpRunner runner("octavo.QGemm");
        runner.input(Tensor(DType::u8, {1, 65537})).input_qparams(test::u8_qparams(1, 0));
        runner.constant(Tensor(DType::s8, deep)).input_qparams({.scale = {1}, .zero_point = {0}, .axis = -1});
        runner.output_qparams(test::u8_qparams(1, 0)).run();
      }).find("Unsupported: a sum of 65537 products may overflow") == 0);
}

}  // namespace
}  // namespace octavo
