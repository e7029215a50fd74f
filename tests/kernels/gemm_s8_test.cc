#include "kernels/gemm_s8/gemm_s8.h"

#include <array>
#include <cmath>
#include <string>

#include "kernel_test.h"
#include "kernels/gemm_s8/reference.h"

using namespace octavo;
using namespace octavo::kernels;
using namespace octavo::kernels::test;

namespace {

struct Product {
  int m, n, k;
};

/// Each two of m, n and k up to 17, each one over all sizes for one row and for tiles, and large ones.
std::vector<Product> products() {
  std::vector<Product> all;
  for (int i = 1; i <= 17; ++i) {
    for (int j = 1; j <= 17; ++j) all.insert(all.end(), {{i, j, 5}, {i, 9, j}, {7, i, j}});
  }
  for (int size : swept_sizes())
    all.insert(all.end(), {{size, 9, 6}, {1, size, 6}, {7, size, 6}, {1, 33, size}, {7, 17, size}});
  all.insert(all.end(), {{97, 8, 511}, {5, 9, 1023}, {1, 33, 4097}, {200, 9, 1025}});
  return all;
}

void check(const GemmS8Kernel& kernel, const Product& p, Random& random) {
  const int highest = kernel.range == ActivationRange::u7 ? 127 : 255;
  const int lda = p.k + random.integer(0, 3);
  // The last row ends with the buffer, so that a sanitizer sees reads beyond it.
  const auto a = random.integers<uint8_t>(size_t(p.m - 1) * size_t(lda) + size_t(p.k), 0, highest);
  const auto b = random.integers<int8_t>(size_t(p.n) * size_t(p.k), -128, 127);
  const EpilogueData data(random, p.m, p.n, float(highest) * 127.0f * std::sqrt(float(p.k)), highest);

  const bool transposed = random.integer(0, 1) == 1;
  const auto view = transposed ? weights_nk(b.data(), p.n, p.k) : weights_kn(b.data(), p.k, p.n);
  const auto weight = [&](int n, int k) { return view.at(n, 0, 0, k); };
  Exact memory(packed_size_gemm_s8(kernel, p.n, p.k));
  const PackedGemmS8 packed = pack_gemm_s8(kernel, view, memory.get());
  REQUIRE(packed.kernel == &kernel);
  Exact workspace(workspace_bytes_gemm_s8(packed));
  const GemmS8Args args{a.data(), lda, p.m, workspace.get()};

  GuardedRows<uint8_t> expected(p.m, p.n, 3), actual(p.m, p.n, 3);
  reference_gemm_s8(a.data(), lda, p.m, p.n, p.k, weight, data.requantize(expected));
  gemm_s8(packed, args, data.requantize(actual));
  REQUIRE(actual.guards_intact());
  REQUIRE(actual == expected);

  for (bool per_row : {false, true}) {
    GuardedRows<float> expected_real(p.m, p.n, 2), actual_real(p.m, p.n, 2);
    reference_gemm_s8(a.data(), lda, p.m, p.n, p.k, weight, data.dequantize(expected_real, per_row));
    gemm_s8(packed, args, data.dequantize(actual_real, per_row));
    REQUIRE(actual_real.guards_intact());
    REQUIRE(actual_real == expected_real);
  }
}

}  // namespace

TEST_CASE("every gemm_s8 kernel gives the bits of the reference") {
  for (const GemmS8Kernel& kernel : gemm_s8_kernels()) {
    DYNAMIC_SECTION(kernel.name) {
      const GemmS8Kernel* forced = select_gemm_s8(facts_for(kernel.name), kernel.range, kernel.name);
      if (!forced) SKIP("not exact on this engine");
      REQUIRE(forced == &kernel);
      Random random(1);
      for (const Product& p : products()) {
        CAPTURE(p.m, p.n, p.k);
        check(kernel, p, random);
      }
    }
  }
}

TEST_CASE("gemm_s8 is exact at the depth limit with the largest values") {
  for (const GemmS8Kernel& kernel : gemm_s8_kernels()) {
    DYNAMIC_SECTION(kernel.name) {
      if (!select_gemm_s8(facts_for(kernel.name), kernel.range, kernel.name))
        SKIP("not exact on this engine");
      const int highest = kernel.range == ActivationRange::u7 ? 127 : 255, k = max_reduction;
      for (int w : {-128, 127}) {
        const auto a = std::vector<uint8_t>(size_t(k), uint8_t(highest));
        const auto b = std::vector<int8_t>(size_t(k), int8_t(w));
        Exact memory(packed_size_gemm_s8(kernel, 1, k));
        const PackedGemmS8 packed = pack_gemm_s8(kernel, weights_kn(b.data(), k, 1), memory.get());
        Exact workspace(workspace_bytes_gemm_s8(packed));
        const float one = 1;
        const int32_t zero = 0;
        float out = 0;
        gemm_s8(packed, {a.data(), k, 1, workspace.get()},
                DequantizeF32{&one, &zero, 0, &one, nullptr, -1e30f, 1e30f, &out, 1});
        REQUIRE(out == float(highest * w * k));
      }
    }
  }
}

TEST_CASE("gemm_s8 with a depth of zero gives the bias") {
  for (const GemmS8Kernel& kernel : gemm_s8_kernels()) {
    Exact memory(packed_size_gemm_s8(kernel, 3, 0));
    const PackedGemmS8 packed = pack_gemm_s8(kernel, weights_kn<int8_t>(nullptr, 0, 3), memory.get());
    Exact workspace(workspace_bytes_gemm_s8(packed));
    const std::array<int32_t, 3> bias{1, 2, -300};
    const std::array<float, 3> multiplier{1, 1, 1};
    std::array<uint8_t, 3> out{};
    gemm_s8(packed, {nullptr, 0, 1, workspace.get()},
            RequantizeU8{bias.data(), multiplier.data(), 10, 0, 255, out.data(), 3});
    REQUIRE(out == std::array<uint8_t, 3>{11, 12, 0});
  }
}

TEST_CASE("select_gemm_s8 follows the engine") {
  const auto name = [](IsaFacts facts, ActivationRange range, std::string_view force = {}) {
    const GemmS8Kernel* kernel = select_gemm_s8(facts, range, force);
    return std::string(kernel ? kernel->name : "none");
  };
  IsaFacts scalar, simd, x86, vnni, arm, odd;
  simd.isa = Isa::simd128;
  x86 = {Isa::relaxed, HighBit::reads_unsigned, true, HighBit::reads_unsigned, true};
  vnni = {Isa::relaxed, HighBit::reads_unsigned, false, HighBit::reads_unsigned, true};
  arm = {Isa::relaxed, HighBit::reads_signed, false, HighBit::reads_signed, true};
  odd = {Isa::relaxed, HighBit::unknown, true, HighBit::unknown, true};
#if OCTAVO_COMPARISON_ROWS
  REQUIRE(name(scalar, ActivationRange::u8) == "scalar");
  REQUIRE(name(simd, ActivationRange::u8, "scalar") == "scalar");
#endif
  REQUIRE(name(simd, ActivationRange::u8, "no_such_kernel") == "none");
  if (compiled_isa() >= Isa::simd128) {
    REQUIRE(name(simd, ActivationRange::u8) == "simd_dot_i16x8");
    REQUIRE(name(scalar, ActivationRange::u8, "simd_dot_i16x8") == "none");
  }
  if (compiled_isa() >= Isa::relaxed) {
    REQUIRE(name(x86, ActivationRange::u8) == "simd_dot_i16x8");
    REQUIRE(name(x86, ActivationRange::u7) == "relaxed_pair_dot");
    REQUIRE(name(x86, ActivationRange::u8, "relaxed_pair_dot") == "none");
    REQUIRE(name(x86, ActivationRange::u8, "relaxed_unsigned_dot") == "none");
    REQUIRE(name(vnni, ActivationRange::u8) == "relaxed_unsigned_dot");
    REQUIRE(name(vnni, ActivationRange::u8, "relaxed_signed_dot") == "none");
    REQUIRE(name(arm, ActivationRange::u8) == "relaxed_signed_dot");
    REQUIRE(name(odd, ActivationRange::u7) == "simd_dot_i16x8");
  }
}
