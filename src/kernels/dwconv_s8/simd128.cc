// i32x4.dot_i16x8 over row pairs: four channels of four neighbouring outputs at a time.
#include "kernels/dwconv_s8/kernels.h"
#include "kernels/dwconv_s8/row_pair_tile.h"

#if OCTAVO_SIMD

namespace octavo::kernels::dwconv_s8_rows {
namespace {

struct DotI16x8 {
  using Element = int16_t;
  static constexpr int channels = 4, vectors = 1;

  /// Sixteen channels of two rows, interleaved and widened.
  static void store_pair(Element* out, v128_t low, v128_t high) {
    wasm_v128_store(out, wasm_u16x8_extend_low_u8x16(low));
    wasm_v128_store(out + 8, wasm_u16x8_extend_high_u8x16(low));
    wasm_v128_store(out + 16, wasm_u16x8_extend_low_u8x16(high));
    wasm_v128_store(out + 24, wasm_u16x8_extend_high_u8x16(high));
  }

  /// The columns of one pair are one basic block: engines load all that a block needs before they compute, so that larger
  /// blocks spill.
  template <int Kw, int Stride, int Pixels>
  static void accumulate(const Window& w, int pairs, const Element* in, const char* weights, v128_t (&acc)[Pixels]) {
    const ptrdiff_t pixel = Stride ? Stride * pair_channels * 2 : w.pixel_elements;
    const ptrdiff_t tap = Stride ? pair_channels * 2 : w.tap_elements;
    const int kw = Kw ? Kw : w.kw;
#pragma clang loop unroll(disable)
    for (int pair = 0; pair < pairs; ++pair, in += w.pair_elements, weights += kw * 16) {
      unrolled<Kw>(kw, [&](int kx) {
        const v128_t weight = wasm_v128_load(weights + kx * 16);
        unrolled<Pixels>(Pixels, [&](int p) {
          const v128_t two_rows = wasm_v128_load(in + p * pixel + kx * tap);
          acc[p] = wasm_i32x4_add(acc[p], wasm_i32x4_dot_i16x8(two_rows, weight));
        });
      });
    }
  }
};

}  // namespace

OCTAVO_DWCONV_S8_ROW(simd_dot_i16x8, DotI16x8)

bool simd_dot_i16x8_usable(const IsaFacts&) { return true; }

}  // namespace octavo::kernels::dwconv_s8_rows

#endif
