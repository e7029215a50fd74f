#include "kernels/gemm_s4/gemm_s4.h"

#include <cmath>
#include <string>

#include "kernel_test.h"
#include "kernels/gemm_s4/reference.h"

using namespace octavo;
using namespace octavo::kernels;
using namespace octavo::kernels::test;

namespace {

struct Product {
  int m, n, k;
  int64_t block;
};

std::vector<Product> products() {
  std::vector<Product> all;
  for (int i = 1; i <= 17; ++i)
    for (int block : {16, 32, 64, 128})
      all.insert(all.end(), {{i, 9, 70, block}, {3, i, 33, block}, {1, i, 130, block}});
  for (int k : swept_sizes())
    for (int64_t block : {16, 32, 1 << 20}) all.insert(all.end(), {{1, 33, k, block}, {5, 10, k, block}});
  all.insert(all.end(), {{97, 8, 511, 64}, {200, 17, 1025, 128}, {1, 40, 4097, 32}, {50, 24, 600, 256}});
  return all;
}

/// Weights of 4 bits in either type and order, some asymmetric.
struct Weights {
  std::vector<uint8_t> integers;
  std::vector<float> scale;
  std::vector<int32_t> zero_point;
  WeightsS4<const uint8_t> view;

  Weights(Random& random, const Product& p)
      : integers(random.integers<uint8_t>(size_t(p.n) * size_t(p.k), 0, 15)) {
    const int low = random.integer(0, 1) ? -8 : 0;
    const bool by_column = random.integer(0, 1), has_zeros = random.integer(0, 1);
    for (uint8_t& i : integers) i = uint8_t(i + low);
    const auto blocks = ptrdiff_t((p.k + p.block - 1) / p.block);
    scale = random.reals(size_t(p.n) * size_t(blocks), 1e-4f, 0.01f);
    zero_point = random.integers<int32_t>(scale.size(), low, low + 15);
    view = {integers.data(),
            p.n,
            p.k,
            by_column ? p.k : 1,
            by_column ? 1 : p.n,
            low,
            scale.data(),
            has_zeros ? zero_point.data() : nullptr,
            by_column ? blocks : 1,
            by_column ? 1 : p.n,
            p.block};
  }
  float real(int n, int k) const {
    const ptrdiff_t at = n * view.scale_stride_n + k / view.block * view.scale_stride_b;
    const int integer =
        uint8_t(integers[size_t(n * view.stride_n + k * view.stride_k)] - view.low) + view.low;
    return float(integer - (view.zero_point ? view.zero_point[at] : 0)) * view.scale[at];
  }
};

void check(const GemmS4Kernel& kernel, const Product& p, Random& random) {
  const int lda = p.k + random.integer(0, 3);
  // The last row ends with the buffer, so that a sanitizer sees reads beyond it.
  const auto a = random.integers<uint8_t>(size_t(p.m - 1) * size_t(lda) + size_t(p.k), 0, 255);
  const Weights weights(random, p);
  const EpilogueData data(random, p.m, p.n, 100, 255);
  Exact memory(packed_size_gemm_s4(p.n, p.k, block_gemm_s4(p.block, p.k)));
  const PackedGemmS4 packed = pack_gemm_s4(kernel, weights.view, memory.get());
  REQUIRE(packed.kernel == &kernel);
  Exact workspace(workspace_bytes_gemm_s4(packed, p.m));
  for (bool per_row : {false, true}) {
    const GemmS4Args args{a.data(),       lda, p.m, data.a_scale.data(), data.a_zero_point.data(), per_row,
                          workspace.get()};
    const auto epilogue = [&](GuardedRows<float>& out) {
      return BiasClampF32{per_row ? data.real_bias.data() : nullptr, per_row ? -INFINITY : 0.0f, INFINITY,
                          out.out(), out.ldc()};
    };
    GuardedRows<float> expected(p.m, p.n, 2), actual(p.m, p.n, 2);
    reference_gemm_s4(args, weights.view, epilogue(expected));
    gemm_s4(packed, args, epilogue(actual));
    REQUIRE(actual.guards_intact());
    REQUIRE(actual == expected);
    if (p.n > 16) {
      GuardedRows<float> halves(p.m, p.n, 2);
      gemm_s4(columns_of(packed, 0, 16), args, epilogue(halves));
      gemm_s4(columns_of(packed, 16, p.n), args, shifted(epilogue(halves), 0, 16));
      REQUIRE(halves == expected);
    }
  }
}

}  // namespace

TEST_CASE("every gemm_s4 kernel gives the bits of the reference") {
  for (const GemmS4Kernel& kernel : gemm_s4_kernels()) {
    DYNAMIC_SECTION(kernel.name) {
      const GemmS4Kernel* forced = select_gemm_s4(facts_for(kernel.name), kernel.name);
      if (!forced) SKIP("not exact on this engine");
      REQUIRE(forced == &kernel);
      Random random(1);
      for (const Product& p : products()) {
        CAPTURE(p.m, p.n, p.k, p.block);
        check(kernel, p, random);
      }
    }
  }
}

TEST_CASE("gemm_s4 is exact with the largest values") {
  for (const GemmS4Kernel& kernel : gemm_s4_kernels()) {
    DYNAMIC_SECTION(kernel.name) {
      if (!select_gemm_s4(facts_for(kernel.name), kernel.name)) SKIP("not exact on this engine");
      constexpr int k = 128;
      for (int m : {1, 4})
        for (int x : {0, 255})
          for (int w : {0, 15})
            for (int zero : {-128, 8, 127}) {
              const std::vector<uint8_t> a(size_t(m) * k, uint8_t(x)), b(k, uint8_t(w));
              const float one = 1;
              const int32_t a_zero = 255 - x, b_zero = zero;
              Exact memory(packed_size_gemm_s4(1, k, k));
              const PackedGemmS4 packed =
                  pack_gemm_s4(kernel, {b.data(), 1, k, k, 1, 0, &one, &b_zero, 1, 1, k}, memory.get());
              Exact workspace(workspace_bytes_gemm_s4(packed, m));
              std::vector<float> out(size_t(m), 0.0f);
              gemm_s4(packed, {a.data(), k, m, &one, &a_zero, 0, workspace.get()},
                      {nullptr, -INFINITY, INFINITY, out.data(), 1});
              REQUIRE(out == std::vector<float>(size_t(m), float(k * (x - a_zero) * (w - zero))));
            }
    }
  }
}

TEST_CASE("gemm_s4 with a depth of zero gives the bias") {
  for (const GemmS4Kernel& kernel : gemm_s4_kernels()) {
    Exact memory(packed_size_gemm_s4(3, 0, 16));
    const PackedGemmS4 packed =
        pack_gemm_s4(kernel, {nullptr, 3, 0, 0, 1, 0, nullptr, nullptr, 0, 0, 16}, memory.get());
    Exact workspace(workspace_bytes_gemm_s4(packed, 1));
    const float one = 1;
    const int32_t zero = 0;
    const std::vector<float> bias{1, 2, -300};
    std::vector<float> out(3);
    gemm_s4(packed, {nullptr, 0, 1, &one, &zero, 0, workspace.get()},
            {bias.data(), -INFINITY, INFINITY, out.data(), 3});
    REQUIRE(out == bias);
  }
}

TEST_CASE("packed weights of 4 bits are unpacked as they were, and as floats") {
  Random random(2);
  for (const Product& p : products()) {
    CAPTURE(p.n, p.k, p.block);
    const Weights weights(random, p);
    Exact memory(packed_size_gemm_s4(p.n, p.k, block_gemm_s4(p.block, p.k)));
    const PackedGemmS4 packed = pack_gemm_s4(gemm_s4_kernels()[0], weights.view, memory.get());
    std::vector<uint8_t> integers(weights.integers.size());
    WeightsS4<uint8_t> to{integers.data(),
                          p.n,
                          p.k,
                          weights.view.stride_n,
                          weights.view.stride_k,
                          weights.view.low,
                          nullptr,
                          nullptr,
                          0,
                          0,
                          p.block};
    unpack_gemm_s4(packed, to);
    REQUIRE(integers == weights.integers);
    for (int panel = 0; panel * 16 < p.n; ++panel) {
      std::vector<float> expected(size_t(p.k) * 16), actual(expected.size());
      unpack_panel_f32(packed, panel, actual.data());
      for (int column = 0; column < std::min(16, p.n - panel * 16); ++column)
        for (int k = 0; k < p.k; ++k)
          expected[size_t((column / 8 * p.k + k) * 8 + column % 8)] = weights.real(panel * 16 + column, k);
      REQUIRE(actual == expected);
    }
  }
}

TEST_CASE("blocks that gemm_s4 sums as integers") {
  REQUIRE(block_gemm_s4(32, 4096) == 32);
  REQUIRE(block_gemm_s4(256, 4096) == 128);
  REQUIRE(block_gemm_s4(4096, 4096) == 128);
  REQUIRE(block_gemm_s4(100, 100) == 128);
  REQUIRE(block_gemm_s4(4096, 20) == 32);
  REQUIRE(block_gemm_s4(8, 4096) == 0);
  REQUIRE(block_gemm_s4(48, 4096) == 0);
  REQUIRE(block_gemm_s4(200, 4096) == 0);
}

TEST_CASE("select_gemm_s4 follows the engine") {
  const auto name = [](const IsaFacts& facts, std::string_view force = {}) {
    const GemmS4Kernel* kernel = select_gemm_s4(facts, force);
    return std::string(kernel ? kernel->name : "none");
  };
  IsaFacts simd;
  simd.isa = Isa::simd128;
  REQUIRE(name(simd, "no_such_kernel") == "none");
  if (compiled_isa() >= Isa::simd128) REQUIRE(name(simd) == "simd_dot_i16x8");
  if (compiled_isa() >= Isa::relaxed) {
    REQUIRE(name({Isa::relaxed, HighBit::reads_unsigned, true, HighBit::reads_unsigned, true}) ==
            "relaxed_pair_dot");
    REQUIRE(name({Isa::relaxed, HighBit::reads_unsigned, false, HighBit::reads_unsigned, true}) ==
            "relaxed_dot");
    REQUIRE(name({Isa::relaxed, HighBit::reads_signed, false, HighBit::reads_signed, true}) == "relaxed_dot");
    REQUIRE(name({Isa::relaxed, HighBit::unknown, true, HighBit::unknown, true}) == "simd_dot_i16x8");
  }
}
