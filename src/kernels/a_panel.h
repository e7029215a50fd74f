// Panels: rows of A gathered into the form that a tile reads. One class a form, with its elements and the ways to write
// them. Nothing is read past the source and nothing is written past `count` elements, except by copy_rounded, which
// rounds `count` up to a multiple of `rounding`.
#pragma once

#include <cstdint>
#include <cstring>

#include "base/simd.h"

namespace octavo::kernels {

namespace panel_detail {

/// Calls block(i) for i in steps of Width, the last one overlapping the one before. False when count < Width.
template <int Width, class Block> inline bool in_blocks(int count, Block&& block) {
  if (count < Width) return false;
  int i = 0;
  for (; i + Width <= count; i += Width) block(i);
  if (i < count) block(count - Width);
  return true;
}

}  // namespace panel_detail

/// u8 as it is.
struct PanelU8 {
  using Source = uint8_t;
  using Element = uint8_t;

  static void copy(Element* out, const Source* in, int count) {
#if OCTAVO_SIMD
    using panel_detail::in_blocks;
    if (in_blocks<16>(count, [&](int i) { wasm_v128_store(out + i, wasm_v128_load(in + i)); })) return;
    if (in_blocks<8>(count, [&](int i) { std::memcpy(out + i, in + i, 8); })) return;
    if (in_blocks<4>(count, [&](int i) { std::memcpy(out + i, in + i, 4); })) return;
#endif
    for (int i = 0; i < count; ++i) out[i] = in[i];
  }
  static constexpr int rounding = 16;
  static void copy_rounded(Element* out, const Source* in, int count) {
    for (int i = 0; i < count; i += rounding) std::memcpy(out + i, in + i, size_t(rounding));
  }
  static void fill(Element* out, Source value, int count) { std::memset(out, value, size_t(count)); }
};

/// u8 - 128.
struct PanelS8Flipped {
  using Source = uint8_t;
  using Element = int8_t;

  static Element flip(Source value) { return static_cast<Element>(value ^ 0x80); }

  static void copy(Element* out, const Source* in, int count) {
#if OCTAVO_SIMD
    const v128_t high_bit = wasm_i8x16_const_splat(-128);
    if (panel_detail::in_blocks<16>(count, [&](int i) {
          wasm_v128_store(out + i, wasm_v128_xor(wasm_v128_load(in + i), high_bit));
        })) {
      return;
    }
#endif
    for (int i = 0; i < count; ++i) out[i] = flip(in[i]);
  }
  static constexpr int rounding = 16;
  static void copy_rounded(Element* out, const Source* in, int count) {
    copy(out, in, (count + 15) / 16 * 16);
  }
  static void fill(Element* out, Source value, int count) { std::memset(out, flip(value), size_t(count)); }
};

/// u8 widened to s16.
struct PanelS16 {
  using Source = uint8_t;
  using Element = int16_t;

  /// Sixteen elements.
  static void widen(Element* out, const Source* in) {
#if OCTAVO_SIMD
    const v128_t bytes = wasm_v128_load(in);
    wasm_v128_store(out, wasm_u16x8_extend_low_u8x16(bytes));
    wasm_v128_store(out + 8, wasm_u16x8_extend_high_u8x16(bytes));
#else
    for (int i = 0; i < 16; ++i) out[i] = in[i];
#endif
  }

  static void copy(Element* out, const Source* in, int count) {
#if OCTAVO_SIMD
    using panel_detail::in_blocks;
    if (in_blocks<16>(count, [&](int i) { widen(out + i, in + i); })) return;
    if (in_blocks<8>(count, [&](int i) { wasm_v128_store(out + i, wasm_u16x8_load8x8(in + i)); })) return;
#endif
    for (int i = 0; i < count; ++i) out[i] = in[i];
  }
  static constexpr int rounding = 16;
  static void copy_rounded(Element* out, const Source* in, int count) {
    for (int i = 0; i < count; i += rounding) widen(out + i, in + i);
  }
  static void fill(Element* out, Source value, int count) {
    for (int i = 0; i < count; ++i) out[i] = value;
  }
};

/// float as it is.
struct PanelF32 {
  using Source = float;
  using Element = float;

  static void copy(Element* out, const Source* in, int count) {
#if OCTAVO_SIMD
    if (panel_detail::in_blocks<4>(count, [&](int i) { wasm_v128_store(out + i, wasm_v128_load(in + i)); }))
      return;
#endif
    for (int i = 0; i < count; ++i) out[i] = in[i];
  }
  static constexpr int rounding = 4;
  static void copy_rounded(Element* out, const Source* in, int count) {
    for (int i = 0; i < count; i += rounding) std::memcpy(out + i, in + i, rounding * sizeof(float));
  }
  static void fill(Element* out, Source value, int count) {
    for (int i = 0; i < count; ++i) out[i] = value;
  }
};

/// Elements behind a panel that copy_rounded may write to.
inline constexpr int panel_slack = 16;

/// Reads a byte of each cache line of `count` rows, `pitch` bytes apart, of `bytes` each. A tile reads its rows side by
/// side and would wait for their memory line after line; here the lines come one behind the other, as prefetchers
/// expect.
inline void touch_rows(const void* rows, ptrdiff_t pitch, ptrdiff_t bytes, int count) {
  constexpr ptrdiff_t line = 64;
  if (count < 2) return;
  const auto* row = static_cast<const volatile char*>(rows);
  for (; count > 0; --count, row += pitch) {
    for (ptrdiff_t i = 0; i < bytes; i += line) (void)row[i];
  }
}

/// Rows of one panel of `row_bytes` each: enough to reuse a panel of B from L1, few enough to stay in L2.
inline int panel_rows(ptrdiff_t row_bytes) {
  constexpr int tile_rows = 12,  // both 4 and 6 divide it
      panel_bytes = 96 * 1024, most = 96;
  const auto rows = static_cast<int>(panel_bytes / (row_bytes > 0 ? row_bytes : 1)) / tile_rows * tile_rows;
  return rows < tile_rows ? tile_rows : rows > most ? most : rows;
}

}  // namespace octavo::kernels
