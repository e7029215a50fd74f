#include <catch2/catch_test_macros.hpp>
#include <limits>

#include "kernels/gemm_s4/reference.h"
#include "kernels/quantize/quantize.h"
#include "ops/int4_matrix.h"
#include "support/op_runner.h"
#include "support/random_data.h"

namespace octavo {
namespace {

using test::error_of;
using test::OpRunner;

template <class T> Tensor copy(const Tensor& t) { return Tensor::of<T>(t.shape(), t.span<T>()); }

// w: [k, n] or [n, k] of 4 bits, int8 or uint8, in blocks of k or (block = 0) with a scale a column.
struct Weights {
  ptrdiff_t n, k, block;
  bool trans_b;
  Tensor w;
  QParams qparams;

  Weights(ptrdiff_t n, ptrdiff_t k, ptrdiff_t block, bool trans_b, bool is_signed, test::Random& random)
      : n(n),
        k(k),
        block(block),
        trans_b(trans_b),
        w(is_signed ? random.integers<int8_t>(shape(), -8, 7) : random.integers<uint8_t>(shape(), 0, 15)) {
    qparams.axis = (block > 0) == trans_b ? 1 : 0;
    qparams.block = block;
    for (int64_t i = 0; i < n * blocks(); ++i) {
      qparams.scale.push_back(random.real(0.001f, 0.02f));
      qparams.zero_point.push_back(static_cast<int32_t>(is_signed ? 0 : random.integer(0, 15)));
    }
  }
  Shape shape() const { return trans_b ? Shape{n, k} : Shape{k, n}; }
  ptrdiff_t blocks() const { return block > 0 ? (k + block - 1) / block : 1; }
  kernels::WeightsS4<const uint8_t> view() const {
    const bool is_signed = w.dtype() == DType::s8;
    return {w.view().as<uint8_t>(), static_cast<int>(n), static_cast<int>(k),  trans_b ? k : 1,
            trans_b ? 1 : n,        is_signed ? -8 : 0,  qparams.scale.data(), qparams.zero_point.data(),
            trans_b ? blocks() : 1, trans_b ? 1 : n,     block > 0 ? block : k};
  }
  Tensor floats() const {
    Tensor floats(DType::f32, {k, n});
    const auto from = view();
    for (int64_t i = 0; i < k * n; ++i) {
      const int64_t at = i % n * from.scale_stride_n + i / n / from.block * from.scale_stride_b;
      const uint8_t stored = from.integers[i % n * from.stride_n + i / n * from.stride_k];
      const int integer = from.low < 0 ? static_cast<int8_t>(stored) : stored;
      floats.span<float>()[i] = static_cast<float>(integer - qparams.zero_point[at]) * qparams.scale[at];
    }
    return floats;
  }
  Tensor run(std::string_view op, const Tensor& x, const Tensor& bias,
             const QuantizationNotes& notes = {}) const {
    OpRunner runner(op);
    runner.attr("transB", int64_t{trans_b}).clamp({.high = 1}).notes(notes).input(copy<float>(x));
    runner.constant(w.dtype() == DType::s8 ? copy<int8_t>(w) : copy<uint8_t>(w)).input_qparams(qparams);
    return runner.constant(copy<float>(bias)).run1();
  }
};

template <class F> void for_each_case(F f) {
  test::Random random(1);
  for (const int64_t m : {1, 5})
    for (const int64_t n : {1, 16, 41})
      for (const auto& [k, block] : {std::pair(45, 16), {64, 32}, {300, 0}, {300, 256}})
        for (const bool is_signed : {false, true}) {
          INFO("m " << m << " n " << n << " k " << k << " block " << block << " signed " << is_signed);
          f(m, Weights(n, k, block, n % 2 == 0, is_signed, random), random);
        }
}

TEST_CASE("octavo.DynamicInt4Gemm equals quantization and the reference", "[ops][int4_gemm]") {
  for_each_case([](int64_t m, const Weights& w, test::Random& random) {
    const Tensor x = random.floats({2, m, w.k}, -1, 3), bias = random.floats({w.n});
    const int64_t rows = 2 * m;
    for (const bool by_row : {false, true})
      for (const int32_t qmax : {255, 127}) {
        const Tensor y =
            w.run("octavo.DynamicInt4Gemm", x, bias,
                  {.qmax = qmax, .granularity = by_row ? Granularity::row : Granularity::tensor});
        std::vector<uint8_t> q(static_cast<std::size_t>(rows * w.k));
        for (int64_t row = 0; row < rows; ++row) {
          const float* const block = &x.span<float>()[by_row ? row * w.k : 0];
          const auto params =
              kernels::dynamic_params(kernels::find_range(block, by_row ? w.k : rows * w.k), 0, qmax);
          kernels::quantize(&x.span<float>()[row * w.k], w.k, params, &q[row * w.k]);
          std::vector<float> expected(static_cast<std::size_t>(w.n));
          reference_gemm_s4(
              {&q[row * w.k], w.k, 1, &params.scale, &params.zero_point, 0, nullptr}, w.view(),
              {bias.span<float>().data(), -std::numeric_limits<float>::infinity(), 1, expected.data(), w.n});
          for (int64_t column = 0; column < w.n; ++column)
            REQUIRE(y.span<float>()[row * w.n + column] == expected[column]);
        }
      }
  });
}

TEST_CASE("octavo.Int4Gemm equals the product of floats", "[ops][int4_gemm]") {
  for_each_case([](int64_t m, const Weights& w, test::Random& random) {
    const Tensor x = random.floats({m, w.k}), bias = random.floats({w.n});
    OpRunner floats("Gemm");
    floats.clamp({.high = 1}).input(copy<float>(x)).constant(w.floats()).constant(copy<float>(bias));
    const Tensor expected = floats.run1(), y = w.run("octavo.Int4Gemm", x, bias);
    for (int64_t i = 0; i < m * w.n; ++i) REQUIRE(y.span<float>()[i] == expected.span<float>()[i]);
  });
}

TEST_CASE("Products with weights of 4 bits and no rows, or no sums", "[ops][int4_gemm]") {
  test::Random random(5);
  for (const std::string_view op : {"octavo.DynamicInt4Gemm", "octavo.Int4Gemm"}) {
    CHECK(Weights(8, 16, 16, false, true, random)
              .run(op, Tensor(DType::f32, {0, 16}), random.floats({8}))
              .bytes() == 0);
    const Tensor y = Weights(3, 0, 0, false, true, random)
                         .run(op, Tensor(DType::f32, {2, 0}), Tensor::of<float>({3}, {1, 0, -1}));
    CHECK(std::vector<float>(y.span<float>().begin(), y.span<float>().end()) ==
          std::vector<float>{1, 0, -1, 1, 0, -1});
  }
}

TEST_CASE("Weights that are none of 4 bits", "[ops][int4_gemm]") {
  test::Random random(6);
  const auto fits = [&](int64_t block, auto change) {
    Weights w(16, 96, block, false, true, random);
    change(w);
    return is_int4_matrix(w.w, w.qparams, 1);
  };
  const auto as_it_is = [](Weights&) {};
  CHECK(fits(0, as_it_is));
  CHECK(fits(32, as_it_is));
  CHECK(fits(96, as_it_is));
  CHECK(!fits(8, as_it_is));
  CHECK(!fits(48, as_it_is));
  CHECK(!fits(32, [](Weights& w) { w.w.span<int8_t>()[5] = 8; }));
  CHECK(!fits(32, [](Weights& w) { w.qparams.scale[1] = 0; }));
  CHECK(!fits(32, [](Weights& w) { w.qparams.axis = 1; }));
  CHECK(!fits(0, [](Weights& w) { w.qparams.axis = -1; }));
  CHECK(error_of([&] {
          OpRunner runner("octavo.Int4Gemm");
          runner.input(Tensor(DType::f32, {1, 2})).constant(Tensor::of<int8_t>({2, 1}, {1, 8}));
          runner.input_qparams({.scale = {1}, .zero_point = {0}, .axis = 1}).run();
        }).starts_with("InvalidGraph: weights '"));
}

}  // namespace
}  // namespace octavo
