#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "support/close.h"
#include "support/op_runner.h"
#include "support/random_data.h"

namespace octavo {
namespace {

using test::error_of;
using test::OpRunner;

Tensor copy(const Tensor& t) { return Tensor::of<float>(t.shape(), t.span<float>()); }

struct GemmCase {
  int64_t m, n, k;
  bool trans_a = false, trans_b = false;
  float alpha = 1, beta = 1;
  Shape c{std::vector<int64_t>{-1}};  // -1: no C
  float lo = -1e30f, hi = 1e30f;
};

void check(const GemmCase& g) {
  INFO("m " << g.m << " n " << g.n << " k " << g.k << " transA " << g.trans_a << " transB " << g.trans_b
            << " alpha " << g.alpha << " beta " << g.beta << " C " << to_string(g.c));
  test::Random random(static_cast<uint64_t>(g.m * 31 + g.n * 7 + g.k));
  const Tensor a = random.floats(g.trans_a ? Shape{g.k, g.m} : Shape{g.m, g.k});
  const Tensor b = random.floats(g.trans_b ? Shape{g.n, g.k} : Shape{g.k, g.n});
  const bool has_c = g.c != Shape(std::vector<int64_t>{-1});
  const Tensor c = has_c ? random.floats(g.c) : Tensor(DType::f32, {});
  Tensor expected(DType::f32, {g.m, g.n});
  for (int64_t i = 0; i < g.m; ++i)
    for (int64_t j = 0; j < g.n; ++j) {
      double sum = 0;
      for (int64_t p = 0; p < g.k; ++p)
        sum += double(a.span<float>()[g.trans_a ? p * g.m + i : i * g.k + p]) *
               b.span<float>()[g.trans_b ? j * g.k + p : p * g.n + j];
      double value = g.alpha * sum;
      if (has_c) {
        const int64_t columns = g.c.rank() >= 1 ? g.c[g.c.rank() - 1] : 1;
        const int64_t row = g.c.rank() == 2 && g.c[0] > 1 ? i : 0, column = columns > 1 ? j : 0;
        value += g.beta * c.span<float>()[row * columns + column];
      }
      expected.span<float>()[i * g.n + j] = std::clamp(static_cast<float>(value), g.lo, g.hi);
    }
  for (const bool constant : {true, false}) {
    OpRunner runner("Gemm");
    runner.attr("transA", int64_t{g.trans_a}).attr("transB", int64_t{g.trans_b});
    runner.attr("alpha", g.alpha).attr("beta", g.beta).clamp({g.lo, g.hi});
    runner.input(copy(a));
    constant ? runner.constant(copy(b)) : runner.input(copy(b));
    if (has_c) runner.input(copy(c));
    test::check_close(runner.run1(), expected);
  }
}

TEST_CASE("Gemm equals the naive loops", "[ops][gemm]") {
  for (int64_t m : {1, 2, 7, 13})
    for (int64_t n : {1, 4, 9, 33})
      for (int64_t k : {1, 3, 16, 50}) check({.m = m, .n = n, .k = k, .c = {n}});
}

TEST_CASE("Gemm transposes, scales and broadcasts C in any way", "[ops][gemm]") {
  for (const bool trans_a : {false, true})
    for (const bool trans_b : {false, true})
      for (const Shape& c : {Shape(std::vector<int64_t>{-1}), Shape{}, Shape{1}, Shape{6}, Shape{1, 6},
                             Shape{5, 1}, Shape{5, 6}, Shape{1, 1}}) {
        check({5, 6, 9, trans_a, trans_b, 1, 1, c});
        check({5, 6, 9, trans_a, trans_b, 0.5f, -2, c, -0.75f, 0.5f});
        check({5, 6, 9, trans_a, trans_b, 1, 0, c});
      }
}

TEST_CASE("Gemm names the shapes that do not fit", "[ops][gemm]") {
  const auto error = [](Shape a, Shape b, Shape c) {
    return error_of([&] { test::infer_op("Gemm", {{DType::f32, a}, {DType::f32, b}, {DType::f32, c}}); });
  };
  CHECK(error({2, 3}, {4, 5}, {5}) == "InvalidGraph: shapes [2,3] and [4,5] have no matrix product");
  CHECK(error({2, 3, 1}, {3, 5}, {5}) == "InvalidGraph: Gemm takes matrices, not [2,3,1] and [3,5]");
  CHECK(error({2, 3}, {3, 5}, {4}) == "InvalidGraph: C [4] does not broadcast to [2,5]");
}

TEST_CASE("Gemm says why it cannot be lowered to integers", "[ops][gemm]") {
  const auto obstacle = [](const char* attr, AttrValue value, Shape c) {
    OpRunner runner("Gemm");
    if (*attr) runner.attr(attr, std::move(value));
    runner.input(Tensor(DType::f32, {2, 3}))
        .constant(Tensor(DType::f32, {3, 4}))
        .constant(Tensor(DType::f32, c));
    return runner.obstacle();
  };
  CHECK(obstacle("", int64_t{0}, {4}).empty());
  CHECK(obstacle("", int64_t{0}, {1, 4}).empty());
  CHECK(obstacle("transA", int64_t{1}, {4}) == "its first operand is transposed");
  CHECK(obstacle("alpha", 2.0f, {4}) == "its alpha is not 1");
  CHECK(obstacle("beta", 2.0f, {4}) == "its beta is not 1");
  CHECK(obstacle("", int64_t{0}, {2, 4}) == "its bias is not one value a column");
}

TEST_CASE("Gemm without rows or depth gives what is left of the sum", "[ops][gemm]") {
  CHECK(OpRunner("Gemm")
            .input(Tensor(DType::f32, {0, 3}))
            .constant(Tensor(DType::f32, {3, 4}))
            .run1()
            .bytes() == 0);
  const Tensor y = OpRunner("Gemm")
                       .input(Tensor(DType::f32, {2, 0}))
                       .constant(Tensor(DType::f32, {0, 3}))
                       .constant(Tensor::of<float>({3}, {1, 2, 3}))
                       .run1();
  CHECK(test::values<float>(y) == std::vector<float>{1, 2, 3, 1, 2, 3});
}

}  // namespace
}  // namespace octavo
