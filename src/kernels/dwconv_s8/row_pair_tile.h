// The loops around a kernel over row pairs: blocks of output rows, chunks of sixteen channels, four outputs at a time.
#pragma once

#include <type_traits>
#include <utility>

#include "kernels/dwconv_s8/dwconv_s8.h"
#include "kernels/dwconv_s8/row_pairs.h"
#include "kernels/epilogue_simd.h"

#if OCTAVO_SIMD

namespace octavo::kernels {

/// How the taps of one output lie in the row pairs.
struct Window {
  int kw;
  ptrdiff_t pair_elements, pixel_elements, tap_elements;
};

/// The pairs of a block of output rows. `phase` is that of the first one.
template <class Kernel>
struct RowBlock {
  Window window;
  int ow, stride_h;
  int pairs_even, pairs_odd;   ///< that a window meets in phase 0 and 1
  ptrdiff_t odd_phase_bytes;   ///< where the taps of phase 1 begin
  int rows = 0, phase = 0;

  RowBlock(const ConvGeometry& g, const RowPairPlan& plan)
      : window{g.kw, plan.pair_elements(), ptrdiff_t(g.stride_w) * pair_channels * 2,
               ptrdiff_t(g.dilation_w) * pair_channels * 2},
        ow(g.ow),
        stride_h(g.stride_h),
        pairs_even(pairs_in_window(g.kh, 0)),
        pairs_odd(pairs_in_window(g.kh, 1)),
        odd_phase_bytes(ptrdiff_t(pairs_even) * g.kw * 16) {}
};

/// f(i) for i in [0, N), unrolled, or for i in [0, n) when N is 0.
template <int N, class F>
inline void unrolled(int n, F&& f) {
  if constexpr (N == 0) {
    for (int i = 0; i < n; ++i) f(i);
  } else {
    [&]<int... i>(std::integer_sequence<int, i...>) { (f(i), ...); }(std::make_integer_sequence<int, N>());
  }
}

/// The first `count` of 16 bytes, the others zero.
inline v128_t load_channels(const uint8_t* p, int count) {
  if (count >= 16) return wasm_v128_load(p);
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

/// Interleaves sixteen channels of two rows.
template <class Kernel>
inline void store_pair(typename Kernel::Element* out, v128_t a, v128_t b) {
  Kernel::store_pair(out, wasm_i8x16_shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23),
                     wasm_i8x16_shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31));
}

/// The pair of the input rows y0 and y1, which may lie outside.
template <class Kernel>
[[gnu::noinline]] void make_pair(const PairSource& source, int y0, int y1, int width, typename Kernel::Element* out) {
  const ConvGeometry& g = source.g;
  const v128_t padding = source.padding;
  const uint8_t* upper = source.row(y0);
  const uint8_t* lower = source.row(y1);
  const int begin = std::min(g.pad_left, width), end = std::clamp(g.pad_left + g.w, begin, width);
  const auto columns = [&](int from, int to, auto&& load) {
    for (int column = from; column < to; ++column) {
      const ptrdiff_t offset = ptrdiff_t(column - g.pad_left) * g.c;
      store_pair<Kernel>(out + ptrdiff_t(column) * pair_channels * 2, load(upper, offset), load(lower, offset));
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

/// A block of output rows of Kernel::channels channels. `Kw` is the number of columns of a filter without dilation, and
/// `Stride` that of the columns; with 0 both are read from the block. `Pixels` outputs are computed together, ow >= Pixels.
/// A function of its own, always called through a pointer so that no linker inlines it: engines keep accumulators in
/// registers only in small functions.
template <class Kernel, int Kw, int Stride, int Pixels, class EpilogueTile>
void run_rows(const RowBlock<Kernel>& block_in_memory, const typename Kernel::Element* pairs, const char* taps,
              const EpilogueTile& epilogue_in_memory) {
  // Copies, as stores of bytes might alias the originals.
  const RowBlock<Kernel> block = block_in_memory;
  const EpilogueTile epilogue = epilogue_in_memory;
  const ptrdiff_t pixel = Stride ? Stride * pair_channels * 2 : block.window.pixel_elements;
  const v128_t start = epilogue.start(0, wasm_i32x4_splat(0));
  int position = 0;
  for (int row = 0, y = block.phase; row < block.rows; ++row, y += block.stride_h, position += block.ow) {
    const auto* in = pairs + (y / 2) * block.window.pair_elements;
    const char* weights = taps + (y % 2 ? block.odd_phase_bytes : 0);
    const int pairs_met = y % 2 ? block.pairs_odd : block.pairs_even;
    for (int ox = 0; ox < block.ow; ox += Pixels) {
      ox = std::min(ox, block.ow - Pixels);  // the last ones may overlap those before
      v128_t acc[Pixels];
      for (int p = 0; p < Pixels; ++p) acc[p] = start;
      Kernel::template accumulate<Kw, Stride>(block.window, pairs_met, in + ox * pixel, weights, acc);
      if constexpr (Pixels == 4) {
        epilogue.store_four(position + ox, acc);
      } else {
        epilogue.store(position + ox, acc);
      }
    }
  }
}

template <class Kernel, class EpilogueTile>
using RunRows = void (*)(const RowBlock<Kernel>&, const typename Kernel::Element* pairs, const char* taps,
                         const EpilogueTile&);

/// Filters that most networks have run on loops of constant length.
template <class Kernel, class EpilogueTile>
RunRows<Kernel, EpilogueTile> choose_run_rows(const ConvGeometry& g) {
  if (g.ow < 4) return run_rows<Kernel, 0, 0, 1, EpilogueTile>;
  if constexpr (EpilogueTile::is_hot) {
    const int kw = g.dilation_w == 1 ? g.kw : 0;
    if (kw == 3 && g.stride_w == 1) return run_rows<Kernel, 3, 1, 4, EpilogueTile>;
    if (kw == 3 && g.stride_w == 2) return run_rows<Kernel, 3, 2, 4, EpilogueTile>;
    if (kw == 5 && g.stride_w == 1) return run_rows<Kernel, 5, 1, 4, EpilogueTile>;
    if (kw == 5 && g.stride_w == 2) return run_rows<Kernel, 5, 2, 4, EpilogueTile>;
  }
  return run_rows<Kernel, 0, 0, 4, EpilogueTile>;
}

/// All blocks and chunks.
template <class Kernel, class Epilogue>
void run_row_pairs(const PackedDwconvS8& b, const ConvGeometry& g, const DwconvS8Args& args, const Epilogue& e) {
  using Tile = typename EpilogueTile<Epilogue, Kernel::vectors>::type;
  const RunRows<Kernel, Tile> run_rows = choose_run_rows<Kernel, Tile>(g);
  const RowPairPlan plan(g);
  auto* pairs = static_cast<typename Kernel::Element*>(args.workspace);
  RowBlock<Kernel> block(g, plan);
  const ptrdiff_t taps_bytes = block.odd_phase_bytes + ptrdiff_t(block.pairs_odd) * g.kw * 16;
  // The last channels, when they do not fill a vector, go through a scratch.
  using Element = std::remove_pointer_t<decltype(e.out)>;
  Element* scratch = reinterpret_cast<Element*>(pairs + plan.max_pairs * plan.pair_elements());
  for (int row = args.row_begin; row < args.row_end; row += block.rows) {
    const int batch = row / g.oh, oy = row % g.oh, top = oy * g.stride_h;
    block.rows = std::min({plan.rows, args.row_end - row, g.oh - oy});
    block.phase = plan.shared ? top % 2 : 0;
    const int needed = pairs_in_window((block.rows - 1) * g.stride_h + g.kh, block.phase);
    const int first_y = top - block.phase - g.pad_top;
    for (int chunk = 0; chunk < g.c; chunk += pair_channels) {
      const int channels = std::min(pair_channels, g.c - chunk);
      const PairSource source{g, args.in + ptrdiff_t(batch) * g.h * g.w * g.c + chunk, channels,
                              wasm_i8x16_splat(static_cast<int8_t>(args.in_zero_point))};
      for (int i = 0; i < needed; ++i) {
        const int y = first_y + 2 * i * g.dilation_h;
        make_pair<Kernel>(source, y, y + g.dilation_h, plan.width, pairs + i * plan.pair_elements());
      }
      for (int c = 0; c < channels; c += Kernel::channels) {
        const int count = std::min(Kernel::channels, channels - c);
        const bool whole = count == Kernel::channels;
        const Epilogue part = shifted(e, int64_t(row) * g.ow, chunk + c);
        const Redirected<Epilogue, Element, Kernel::channels> redirected(part, scratch);
        const Tile epilogue(whole ? part : redirected.to_scratch, b.column_sum + chunk + c, count);
        const char* taps = static_cast<const char*>(b.taps) + (chunk + c) / Kernel::channels * taps_bytes;
        run_rows(block, pairs + c * 2, taps, epilogue);
        if (!whole) redirected.copy(block.rows * g.ow, count);
      }
    }
  }
}

}  // namespace octavo::kernels

/// Makes the functions of a row of kernels.inc.
#define OCTAVO_DWCONV_S8_ROW(name, Kernel)                                                                    \
  void name##_requantize(const PackedDwconvS8& b, const ConvGeometry& g, const DwconvS8Args& args,            \
                         const RequantizeU8& e) {                                                             \
    run_row_pairs<Kernel>(b, g, args, e);                                                                     \
  }                                                                                                           \
  void name##_dequantize(const PackedDwconvS8& b, const ConvGeometry& g, const DwconvS8Args& args,            \
                         const DequantizeF32& e) {                                                            \
    run_row_pairs<Kernel>(b, g, args, e);                                                                     \
  }

#endif
