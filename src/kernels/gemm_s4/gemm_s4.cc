#include "kernels/gemm_s4/gemm_s4.h"

#include <algorithm>

#include "kernels/a_panel.h"
#include "kernels/gemm_s4/kernels.h"
#include "kernels/vectors.h"

namespace octavo::kernels {
namespace {

constexpr GemmS4Kernel table[] = {
#define KERNEL(name, isa, mr, nr, element) \
  {#name, Isa::isa, mr, nr, element, gemm_s4_rows::name##_usable, gemm_s4_rows::name##_run},
#include "kernels/gemm_s4/kernels.inc"
#undef KERNEL
};

ptrdiff_t row_bytes(const PackedGemmS4& b) {
  const ptrdiff_t blocks = b.blocks();
  return blocks * (b.block * b.kernel->element + 4);
}

/// Rows that share the unpacked integers of a panel, which more of them pay for better.
int rows_at_once(const PackedGemmS4& b, int m) {
  constexpr int least = 48;
  return std::min(m, std::max(panel_rows(row_bytes(b)), least));
}

uint64_t scratch_bytes(const PackedGemmS4& b, int m) {
  return m < 2 ? 0 : uint64_t(b.blocks()) * b.block * 8 * b.kernel->element;
}

/// Σ p[i], of n that are a multiple of 16.
int sum_of(const int8_t* p, int n) {
#if OCTAVO_SIMD
  v128_t sums = wasm_i32x4_splat(0);
  for (int i = 0; i < n; i += 16)
    sums = wasm_i32x4_add(
        sums, wasm_i32x4_extadd_pairwise_i16x8(wasm_i16x8_extadd_pairwise_i8x16(wasm_v128_load(p + i))));
  int32_t each[4];
  wasm_v128_store(each, sums);
  return each[0] + each[1] + each[2] + each[3];
#else
  int sum = 0;
  for (int i = 0; i < n; ++i) sum += p[i];
  return sum;
#endif
}

/// A row in the kernel's form: see GemmS4Rows.
void fill_row(const PackedGemmS4& b, const uint8_t* a, int32_t zero_point, char* out) {
  const int block_bytes = b.block * b.kernel->element;
  for (int begin = 0; begin < b.k; begin += b.block, out += 4 + block_bytes) {
    auto* const bytes = reinterpret_cast<int8_t*>(out + 4 + block_bytes - b.block);
    const int count = std::min(b.block, b.k - begin);
    PanelS8Flipped::copy(bytes, a + begin, count);
    std::fill_n(bytes + count, b.block - count, int8_t{0});
    const int16_t pair[2] = {static_cast<int16_t>(zero_point - 128),
                             static_cast<int16_t>(sum_of(bytes, b.block))};
    std::memcpy(out, pair, sizeof pair);
#if OCTAVO_SIMD
    // The bytes are the second half of what they become, of which each step writes no more than it and those before it
    // have read.
    for (int k = 0; k < b.block && b.kernel->element == 2; k += 8) {
      const v128_t eight = wasm_v128_load64_zero(bytes + k);
      const v128_t even_first =
          wasm_i8x16_shuffle(eight, eight, 0, 2, 4, 6, 1, 3, 5, 7, 0, 0, 0, 0, 0, 0, 0, 0);
      wasm_v128_store(out + 4 + 2 * k, wasm_i16x8_extend_low_i8x16(even_first));
    }
#endif
  }
}

}  // namespace

std::span<const GemmS4Kernel> gemm_s4_kernels() { return table; }

const GemmS4Kernel* select_gemm_s4(const IsaFacts& facts, std::string_view force) {
  for (const GemmS4Kernel& kernel : table) {
    if ((force.empty() || force == kernel.name) && kernel.isa <= facts.isa && kernel.usable(facts))
      return &kernel;
  }
  return nullptr;
}

uint64_t workspace_bytes_gemm_s4(const PackedGemmS4& b, int m) {
  return scratch_bytes(b, m) + uint64_t(rows_at_once(b, m)) * uint64_t(row_bytes(b));
}

void gemm_s4(const PackedGemmS4& b, const GemmS4Args& args, const BiasClampF32& e) {
  const int at_once = rows_at_once(b, args.m);
  const ptrdiff_t bytes = row_bytes(b);
  char* const scratch = static_cast<char*>(args.workspace);
  char* const rows = scratch + scratch_bytes(b, args.m);
  const float zero = 0;
  const Operand<float> bias(e.bias ? e.bias : &zero, e.bias != nullptr);
  for (int row = 0; row < args.m; row += at_once) {
    const int count = std::min(at_once, args.m - row);
    for (int m = 0; m < count; ++m)
      fill_row(b, args.a + (row + m) * args.lda, args.a_zero_point[(row + m) * args.row_param_stride],
               rows + m * bytes);
    float* out = e.out + row * e.ldc;
    b.kernel->run(b, {rows, bytes, count}, out, e.ldc, scratch);
    for (int m = row; m < row + count; ++m, out += e.ldc) {
      const auto scale = splat(args.a_scale[m * args.row_param_stride]), lo = splat(e.lo), hi = splat(e.hi);
      map<float>(
          size_t(b.n), out, [&](auto sum, auto added) { return clamp_between(sum * scale + added, lo, hi); },
          Run<float>{out}, bias);
    }
  }
}

}  // namespace octavo::kernels
