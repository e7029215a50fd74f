#include "kernels/gemm_f32/gemm_f32.h"

#include <cmath>

#include "kernel_test.h"

using namespace octavo;
using namespace octavo::kernels;
using namespace octavo::kernels::test;

namespace {

void check(const GemmF32Kernel& kernel, int m, int n, int k, Random& random) {
  const int lda = k + random.integer(0, 2);
  const auto a = random.reals(size_t(m - 1) * size_t(lda) + size_t(k), -1, 1);
  const auto b = random.reals(size_t(n) * size_t(k), -1, 1);
  const auto bias = random.reals(size_t(n), -1, 1);
  const auto view = random.integer(0, 1) ? weights_nk(b.data(), n, k) : weights_kn(b.data(), k, n);
  Exact memory(packed_size_gemm_f32(kernel, n, k));
  const PackedGemmF32 packed = pack_gemm_f32(kernel, view, memory.get());
  REQUIRE(packed.kernel == &kernel);
  std::vector<float> unpacked(b.size());
  unpack_gemm_f32(packed,
                  view.stride_n == k ? weights_nk(unpacked.data(), n, k) : weights_kn(unpacked.data(), k, n));
  REQUIRE(unpacked == b);

  const bool bounded = random.integer(0, 1) == 1;
  const float lo = bounded ? 0.0f : -std::numeric_limits<float>::infinity();
  const float hi = bounded ? 0.5f : std::numeric_limits<float>::infinity();
  GuardedRows<float> out(m, n, 3);
  gemm_f32(packed, {a.data(), lda, m}, {bounded ? bias.data() : nullptr, lo, hi, out.out(), out.ldc()});
  REQUIRE(out.guards_intact());
  for (int row = 0; row < m; ++row) {
    for (int column = 0; column < n; ++column) {
      double sum = bounded ? bias[size_t(column)] : 0, magnitude = std::abs(sum);
      for (int i = 0; i < k; ++i) {
        const double term = double(a[size_t(row * lda + i)]) * view.at(column, 0, 0, i);
        sum += term;
        magnitude += std::abs(term);
      }
      const double expected = std::min(std::max(sum, double(lo)), double(hi));
      const double bound = (k + 2) * 0x1p-24 * magnitude;  // Higham, Accuracy and Stability, (3.5)
      REQUIRE(std::abs(out.out()[row * out.ldc() + column] - expected) <= bound);
    }
  }
}

}  // namespace

TEST_CASE("every gemm_f32 kernel multiplies within the error bound of a sum") {
  for (const GemmF32Kernel& kernel : gemm_f32_kernels()) {
    DYNAMIC_SECTION(kernel.name) {
      REQUIRE(select_gemm_f32(isa_facts(), kernel.name) == &kernel);
      Random random(2);
      const auto check_captured = [&](int m, int n, int k) {
        CAPTURE(m, n, k);
        check(kernel, m, n, k, random);
      };
      for (int i = 0; i <= 17; ++i) {
        for (int j = 1; j <= 17; ++j) {
          check_captured(j, 9, i);
          check_captured(7, j, i);
          if (i > 0) check_captured(i, j, 3);
        }
      }
      for (int size : swept_sizes()) {
        check_captured(size, 9, 6);
        for (int m : {1, 7}) {
          check_captured(m, size, 6);
          check_captured(m, 33, size);
        }
      }
      check(kernel, 129, 16, 257, random);
      check(kernel, 1, 100, 1025, random);
      check(kernel, 35, 9, 32769, random);  // in blocks
    }
  }
}

TEST_CASE("select_gemm_f32 never falls back from a forced kernel") {
  IsaFacts scalar;
#if OCTAVO_COMPARISON_ROWS
  REQUIRE(std::string(select_gemm_f32(scalar)->name) == "scalar");
#endif
  REQUIRE(select_gemm_f32(scalar, "simd_mul_add") == nullptr);
  REQUIRE(select_gemm_f32(isa_facts(), "no_such_kernel") == nullptr);
}

TEST_CASE("gemm_f32 sums products before it adds the bias") {
  // The unit of 4096 is 2^-11: added to it one by one, products of 2^-14 would all be lost.
  constexpr int k = 1024;
  const std::vector<float> a(2 * k, 1.0f), b(33 * k, 0x1p-14f), bias(33, 4096.0f);
  for (const GemmF32Kernel& kernel : gemm_f32_kernels()) {
    CAPTURE(kernel.name);
    Exact memory(packed_size_gemm_f32(kernel, 33, k));
    const PackedGemmF32 packed = pack_gemm_f32(kernel, weights_kn(b.data(), k, 33), memory.get());
    std::vector<float> out(2 * 33);
    for (int m : {1, 2}) {
      gemm_f32(packed, {a.data(), k, m}, {bias.data(), -INFINITY, INFINITY, out.data(), 33});
      for (int i = 0; i < m * 33; ++i) REQUIRE(out[size_t(i)] == 4096.0625f);
    }
  }
}

TEST_CASE("gemm_f32 sums tens of thousands of products as closely as thousands") {
  // One after the other, the roundings of 60000 such products come to 4e-5.
  constexpr int k = 60000;
  const std::vector<float> a(k, 1.0f), b(k, 1e-6f);
  const float bias = 5;
  for (const GemmF32Kernel& kernel : gemm_f32_kernels()) {
    CAPTURE(kernel.name);
    Exact memory(packed_size_gemm_f32(kernel, 1, k));
    const PackedGemmF32 packed = pack_gemm_f32(kernel, weights_kn(b.data(), k, 1), memory.get());
    float out = 0;
    gemm_f32(packed, {a.data(), k, 1}, {&bias, -INFINITY, INFINITY, &out, 1});
    REQUIRE(std::abs(out - 5.06) < 1e-5);
  }
}

TEST_CASE("gemm_f32 lets NaN through the clamp") {
  for (const GemmF32Kernel& kernel : gemm_f32_kernels()) {
    const float a = std::numeric_limits<float>::quiet_NaN(), b = 1;
    Exact memory(packed_size_gemm_f32(kernel, 1, 1));
    const PackedGemmF32 packed = pack_gemm_f32(kernel, weights_kn(&b, 1, 1), memory.get());
    float out = 0;
    gemm_f32(packed, {&a, 1, 1}, {nullptr, 0, 6, &out, 1});
    REQUIRE(std::isnan(out));
  }
}
