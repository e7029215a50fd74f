#include <catch2/catch_test_macros.hpp>

#include "kernels/gemm_s8/gemm_s8.h"
#include "support/op_runner.h"
#include "support/random_data.h"

namespace octavo {
namespace {

using test::error_of;
using test::OpRunner;

struct Factor {
  Tensor integers;
  float scale;
  uint8_t zero_point;
};

OpRunner runner_of(const Factor& a, const Factor& b) {
  OpRunner runner("octavo.QMatMul");
  for (const Factor* factor : {&a, &b})
    runner.input(Tensor::of<uint8_t>(factor->integers.shape(), factor->integers.span<uint8_t>()));
  for (const Factor* factor : {&a, &b})
    runner.input(Tensor::scalar(factor->scale)).input(Tensor::scalar(factor->zero_point));
  return runner;
}

// [batch, m, k] · [batch, k, n] against the integer loops.
void check(int64_t m, int64_t k, int64_t n, test::Random& random, const KernelPolicy& policy = {}) {
  CAPTURE(m, k, n);
  const Factor a{random.integers<uint8_t>({2, m, k}, 0, 255), 0.02f, 250},
      b{random.integers<uint8_t>({2, k, n}, 0, 255), 0.03f, 3};
  const Tensor y = runner_of(a, b).kernels(policy).run1();
  REQUIRE(y.shape() == Shape{2, m, n});
  for (int64_t row = 0; row < 2 * m; ++row)
    for (int64_t column = 0; column < n; ++column) {
      int32_t sum = 0;
      for (int64_t i = 0; i < k; ++i)
        sum += (a.integers.span<uint8_t>()[row * k + i] - a.zero_point) *
               (b.integers.span<uint8_t>()[(row / m * k + i) * n + column] - b.zero_point);
      REQUIRE(y.span<float>()[row * n + column] == static_cast<float>(sum) * (a.scale * b.scale));
    }
}

}  // namespace

TEST_CASE("octavo.QMatMul equals the integer loops", "[ops][q_matmul]") {
  test::Random random(1);
  for (const int64_t m : {1, 5})
    for (const int64_t k : {1, 3, 61})
      for (const int64_t n : {1, 8, 21}) check(m, k, n, random);
}

TEST_CASE("octavo.QMatMul gives the same with every kernel", "[ops][q_matmul]") {
  test::Random random(2);
  for (const auto& kernel : kernels::gemm_s8_kernels()) {
    KernelPolicy policy;
    if (kernels::select_gemm_s8(policy.facts, kernels::ActivationRange::u8, kernel.name) == nullptr) continue;
    policy.forced["gemm_s8"] = kernel.name;
    check(9, 70, 21, random, policy);
  }
}

TEST_CASE("octavo.QMatMul refuses other types and sums that are too long", "[ops][q_matmul]") {
  test::Random random(3);
  const auto factor = [](Shape shape) { return Factor{Tensor(DType::u8, std::move(shape)), 1, 0}; };
  CHECK(error_of([&] { runner_of(factor({1, 40000}), factor({40000, 1})).run1(); }) ==
        "Unsupported: sums of 40000 products are too long");
  OpRunner floats("octavo.QMatMul");
  for (int i = 0; i < 2; ++i) floats.input(Tensor(DType::f32, {2, 2}));
  for (int i = 0; i < 2; ++i) floats.input(Tensor::scalar(1.0f)).input(Tensor::scalar<uint8_t>(0));
  CHECK(error_of([&] { floats.run1(); }) ==
        "Unsupported: octavo.QMatMul takes uint8, not float32 and float32");
}

}  // namespace octavo
