// Makes the row pairs of row_pairs.h.
#pragma once

#include "base/simd.h"
#include "kernels/dwconv_s8/row_pairs.h"

#if OCTAVO_SIMD

namespace octavo::kernels {

/// The first `count` of 16 bytes, the others zero.
inline v128_t load_channels(const uint8_t* p, int count) {
  if (count == 16) return wasm_v128_load(p);
  if (count == 8) return wasm_v128_load64_zero(p);
  alignas(16) uint8_t padded[16] = {};
  for (int i = 0; i < count; ++i) padded[i] = p[i];
  return wasm_v128_load(padded);
}

/// One chunk of channels of one image.
struct PairSource {
  const ConvGeometry& g;
  const uint8_t* image;  ///< at the first channel of the chunk
  int channels;          ///< that exist, at most 16
  v128_t padding;

  const uint8_t* row(int y) const { return y >= 0 && y < g.h ? image + ptrdiff_t(y) * g.w * g.c : nullptr; }
};

/// Stores one column of the first `channels` of sixteen channels of two rows, four channels to each of up to four
/// vectors.
inline void store_column(int16_t* out, ptrdiff_t vector_elements, v128_t a, v128_t b, int channels) {
  const v128_t low = wasm_i8x16_shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  wasm_v128_store(out, wasm_u16x8_extend_low_u8x16(low));
  wasm_v128_store(out + vector_elements, wasm_u16x8_extend_high_u8x16(low));
  if (channels <= 8) return;
  const v128_t high = wasm_i8x16_shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  wasm_v128_store(out + 2 * vector_elements, wasm_u16x8_extend_low_u8x16(high));
  wasm_v128_store(out + 3 * vector_elements, wasm_u16x8_extend_high_u8x16(high));
}

/// The pair of the input rows y0 and y1, which may lie outside.
inline void make_pair(const PairSource& source, const RowPairPlan& plan, int y0, int y1, int16_t* out) {
  const int width = plan.width;
  const ptrdiff_t vector_elements = plan.vector_elements();
  const ConvGeometry& g = source.g;
  const v128_t padding = source.padding;
  const uint8_t* upper = source.row(y0);
  const uint8_t* lower = source.row(y1);
  const int begin = std::min(g.pad_left, width), end = std::clamp(g.pad_left + g.w, begin, width);
  const auto columns = [&](int from, int to, auto&& load) {
    for (int column = from; column < to; ++column) {
      const ptrdiff_t offset = ptrdiff_t(column - g.pad_left) * g.c;
      store_column(out + column * column_elements, vector_elements, load(upper, offset), load(lower, offset),
                   source.channels);
    }
  };
  columns(0, begin, [&](const uint8_t*, ptrdiff_t) { return padding; });
  if (upper && lower && source.channels == pair_channels) {
    columns(begin, end, [](const uint8_t* row, ptrdiff_t offset) { return wasm_v128_load(row + offset); });
  } else {
    columns(begin, end, [&](const uint8_t* row, ptrdiff_t offset) {
      return row ? load_channels(row + offset, source.channels) : padding;
    });
  }
  columns(end, width, [&](const uint8_t*, ptrdiff_t) { return padding; });
}

}  // namespace octavo::kernels

#endif
