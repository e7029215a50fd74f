// Packing: with g = k / kr, p = n / nr, 4 columns a vector (16 / (4·element size) = kr values of k each),
//   panels[p][g][(n % nr) / 4][n % 4][k % kr] = B[n][k],   zero where n >= N or k >= K.
// s8 elements, widened to s16 for kernels of the form s16. Behind the panels: acc_start[N padded to nr], column_sum[N].
#include <algorithm>

#include "kernels/gemm_s8/gemm_s8.h"

namespace octavo::kernels {
namespace {

int round_up(int value, int multiple) { return (value + multiple - 1) / multiple * multiple; }

struct Layout {
  int n_padded, k_padded;
  uint64_t panel_bytes;

  Layout(const GemmS8Kernel& kernel, int n, int k)
      : n_padded(round_up(n, kernel.nr)),
        k_padded(std::max(round_up(k, kernel.kr), kernel.kr)),  // a tile takes at least one step
        panel_bytes((uint64_t(n_padded) * k_padded * (kernel.form == AForm::s16 ? 2 : 1) + 15) / 16 * 16) {}
};

template <class Element>
void pack_panels(const GemmS8Kernel& kernel, const WeightView<const int8_t>& weights, int k_padded,
                 Element* panels) {
  const int kr = kernel.kr, nr = kernel.nr;
  for_each_step(weights, nr, [&](const int8_t* weight, int columns, int panel, int k) {
    Element* out = panels + ptrdiff_t(panel) * nr * k_padded + ptrdiff_t(k / kr) * kr * nr + k % kr;
    for (int column = 0; column < columns; ++column, weight += weights.stride_n) out[column * kr] = *weight;
  });
}

}  // namespace

uint64_t packed_size_gemm_s8(const GemmS8Kernel& kernel, int n, int k) {
  const Layout layout(kernel, n, k);
  return layout.panel_bytes + (uint64_t(layout.n_padded) * 2 * sizeof(int32_t) + 15) / 16 * 16;
}

PackedGemmS8 packed_view_gemm_s8(const GemmS8Kernel& kernel, int n, int k, const void* memory) {
  const Layout layout(kernel, n, k);
  const auto* const acc_start =
      memory ? reinterpret_cast<const int32_t*>(static_cast<const char*>(memory) + layout.panel_bytes)
             : nullptr;
  return {&kernel, n, k, layout.k_padded, memory, acc_start, memory ? acc_start + layout.n_padded : nullptr};
}

PackedGemmS8 pack_gemm_s8(const GemmS8Kernel& kernel, const WeightView<const int8_t>& weights, void* memory) {
  const Layout layout(kernel, weights.n, weights.depth());
  std::fill_n(static_cast<char*>(memory), packed_size_gemm_s8(kernel, weights.n, weights.depth()), 0);
  if (kernel.form == AForm::s16) {
    pack_panels(kernel, weights, layout.k_padded, static_cast<int16_t*>(memory));
  } else {
    pack_panels(kernel, weights, layout.k_padded, static_cast<int8_t*>(memory));
  }
  int32_t* acc_start = reinterpret_cast<int32_t*>(static_cast<char*>(memory) + layout.panel_bytes);
  int32_t* column_sum = acc_start + layout.n_padded;
  for (int n = 0; n < weights.n; ++n) {
    int32_t sum = 0;
    for (int y = 0; y < weights.kh; ++y) {
      for (int x = 0; x < weights.kw; ++x) {
        for (int c = 0; c < weights.channels; ++c) sum += weights.at(n, y, x, c);
      }
    }
    column_sum[n] = sum;
    acc_start[n] = kernel.form == AForm::s8_flipped ? 128 * sum : 0;  // Σ a·b = Σ (a - 128)·b + 128 Σ b
  }
  return packed_view_gemm_s8(kernel, weights.n, weights.depth(), memory);
}

PackedGemmS8 columns_of(const PackedGemmS8& b, int begin, int end) {
  PackedGemmS8 part = b;
  part.n = end - begin;
  part.panels = static_cast<const char*>(b.panels) + begin * panel_row_bytes(b);
  part.acc_start += begin;
  part.column_sum += begin;
  return part;
}

}  // namespace octavo::kernels
