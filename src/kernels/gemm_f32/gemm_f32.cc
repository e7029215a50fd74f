#include "kernels/gemm_f32/gemm_f32.h"

#include <algorithm>
#include <limits>

#include "kernels/a_panel.h"
#include "kernels/epilogue_scalar.h"
#include "kernels/gemm_f32/kernels.h"
#include "kernels/transpose/transpose.h"
#include "kernels/vectors.h"

namespace octavo::kernels {
namespace {

constexpr int kFloat = sizeof(float);

// In a sum of n products, one after the other, each of which is small beside it, up to n roundings of the sum add up:
// longer ones than this are summed in blocks. It is longer than any fully connected layer in use, whose time depends on
// 32 columns in flight.
constexpr int kLongestSum = 32768, kBlock = 4096;

constexpr GemmF32Kernel table[] = {
#define KERNEL(name, isa, mr, nr) {#name, Isa::isa, mr, nr, gemm_f32_rows::name##_run},
#include "kernels/gemm_f32/kernels.inc"
#undef KERNEL
};

// f(weight, where it is in the panels).
template <class T, class F> void for_each_weight(const WeightView<T>& weights, int nr, F f) {
  for_each_step(weights, nr, [&](T* weight, int columns, int panel, int k) {
    const ptrdiff_t step = (ptrdiff_t(panel) * weights.depth() + k) * nr;
    for (int column = 0; column < columns; ++column, weight += weights.stride_n) f(*weight, step + column);
  });
}

// The weights of a matrix: copied, or transposed, by whole panels.
void pack_matrix(const WeightView<const float>& weights, int nr, float* panels) {
  for (int n = 0; n < weights.n; n += nr) {
    const int columns = std::min(nr, weights.n - n);
    const float* from = weights.data + n * weights.stride_n;
    float* to = panels + ptrdiff_t(n) * weights.channels;
    if (weights.stride_n == 1 && columns == nr) {
      for (int k = 0; k < weights.channels; ++k, from += weights.stride_c, to += nr)
        for (int column = 0; column < nr; column += int(lanes<float>))
          store(to + column, load(from + column));
    } else {
      StridedBox<2> box;
      box.append(weights.channels, {weights.stride_c * kFloat, nr * kFloat});
      box.append(columns, {weights.stride_n * kFloat, kFloat});
      copy_strided(box, from, to, kFloat);
    }
  }
}

// The product of more than kLongestSum steps: sums of kBlock steps each, added up.
void sum_blocks(const PackedGemmF32& b, const GemmF32Args& args, const BiasClampF32& e) {
  constexpr int kBlockRows = 32, kMostColumns = 8;
  static_assert(
      std::ranges::all_of(table, [](const GemmF32Kernel& kernel) { return kernel.nr <= kMostColumns; }));
  const int nr = b.kernel->nr;
  constexpr float infinity = std::numeric_limits<float>::infinity();
  for (int n = 0; n < b.n; n += nr) {
    const PackedGemmF32 panel = columns_of(b, n, n + nr);
    for (int row = 0; row < args.m; row += kBlockRows) {
      const int rows = std::min(kBlockRows, args.m - row);
      float sums[kBlockRows * kMostColumns] = {}, block[kBlockRows * kMostColumns];
      for (int k = 0; k < b.k; k += kBlock) {
        const PackedGemmF32 steps = {b.kernel, nr, std::min(kBlock, b.k - k),
                                     panel.panels + ptrdiff_t(k) * nr};
        b.kernel->run(steps, args.a + row * args.lda + k, args.lda, rows,
                      {nullptr, -infinity, infinity, block, nr});
        for (int i = 0; i < rows * nr; ++i) sums[i] += block[i];
      }
      for (int i = 0; i < rows * nr; ++i)
        if (n + i % nr < b.n) store_one(e, row + i / nr, n + i % nr, sums[i]);
    }
  }
}

}  // namespace

std::span<const GemmF32Kernel> gemm_f32_kernels() { return table; }

const GemmF32Kernel* select_gemm_f32(const IsaFacts& facts, std::string_view force) {
  for (const GemmF32Kernel& kernel : table) {
    if ((force.empty() || force == kernel.name) && kernel.isa <= facts.isa) return &kernel;
  }
  return nullptr;
}

uint64_t packed_size_gemm_f32(const GemmF32Kernel& kernel, int n, int k) {
  return (uint64_t(n) + kernel.nr - 1) / kernel.nr * kernel.nr * uint64_t(k) * sizeof(float);
}

PackedGemmF32 pack_gemm_f32(const GemmF32Kernel& kernel, const WeightView<const float>& weights,
                            void* memory) {
  float* panels = static_cast<float*>(memory);  // null when there is nothing to pack
  const int nr = kernel.nr, depth = weights.depth();
  if (depth == 0) return {&kernel, weights.n, 0, panels};
  if (weights.n % nr != 0)
    std::fill_n(panels + ptrdiff_t(weights.n / nr) * nr * depth, ptrdiff_t(nr) * depth, 0.0f);
  if (weights.kh * weights.kw == 1)
    pack_matrix(weights, nr, panels);
  else
    for_each_weight(weights, nr, [&](const float& weight, ptrdiff_t at) { panels[at] = weight; });
  return {&kernel, weights.n, weights.depth(), panels};
}

void unpack_gemm_f32(const PackedGemmF32& b, const WeightView<float>& weights) {
  for_each_weight(weights, b.kernel->nr, [&](float& weight, ptrdiff_t at) { weight = b.panels[at]; });
}

void gemm_f32(const PackedGemmF32& b, const GemmF32Args& args, const BiasClampF32& e) {
  if (b.k == 0) {  // a tile takes at least one step
    for (int row = 0; row < args.m; ++row) {
      for (int n = 0; n < b.n; ++n) store_one(e, row, n, 0.0f);
    }
    return;
  }
  if (b.k > kLongestSum) return sum_blocks(b, args, e);
  const int rows = panel_rows(b.k * ptrdiff_t(sizeof(float)));
  for (int row = 0; row < args.m; row += rows) {
    const float* a = args.a + row * args.lda;
    const int count = std::min(rows, args.m - row);
    touch_rows(a, args.lda * ptrdiff_t(sizeof(float)), b.k * ptrdiff_t(sizeof(float)), count);
    b.kernel->run(b, a, args.lda, count, shifted(e, row, 0));
  }
}

}  // namespace octavo::kernels
