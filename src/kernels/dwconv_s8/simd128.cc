// i32x4.dot_i16x8 over row pairs: four channels of four neighbouring outputs at a time.
//
// i16x8.relaxed_dot would take bytes and twice the channels, but its sums of two taps may only be added in i16 while
// the weights of a window are small, which those of trained networks are not; widened one by one they cost more than
// here.
#include <type_traits>

#include "kernels/dwconv_s8/kernels.h"
#include "kernels/dwconv_s8/make_pair.h"
#include "kernels/epilogue_simd.h"
#include "kernels/unrolled.h"

#if OCTAVO_SIMD

namespace octavo::kernels::dwconv_s8_rows {
namespace {

/// How the taps of one output lie in the row pairs.
struct Window {
  int kw;
  ptrdiff_t pair_elements, pixel_elements, tap_elements;
};

/// The pairs of a block of output rows. `phase` is that of the first one.
struct RowBlock {
  Window window;
  int ow, stride_h;
  int pairs_even, pairs_odd;  ///< that a window meets in phase 0 and 1
  ptrdiff_t odd_phase_bytes;  ///< where the taps of phase 1 begin
  int rows = 0, phase = 0;
  int first_pair = 0, end_pair = 0;  ///< those that hold rows of the input
  v128_t padding;                    ///< what the others hold

  RowBlock(const ConvGeometry& g, const RowPairPlan& plan)
      : window{g.kw, plan.pair_elements(), ptrdiff_t(g.stride_w) * column_elements,
               ptrdiff_t(g.dilation_w) * column_elements},
        ow(g.ow),
        stride_h(g.stride_h),
        pairs_even(pairs_in_window(g.kh, 0)),
        pairs_odd(pairs_in_window(g.kh, 1)),
        odd_phase_bytes(ptrdiff_t(pairs_even) * g.kw * 16) {}
};

/// Adds the taps of one window row pair by row pair. The columns of one pair are one basic block: engines load all that
/// a block needs before they compute, so that larger blocks spill.
template <int Kw, int Stride, int Pixels>
inline void accumulate(const Window& w, int pairs, const int16_t* in, const char* weights,
                       v128_t (&acc)[Pixels]) {
  const ptrdiff_t pixel = Stride ? Stride * column_elements : w.pixel_elements;
  const ptrdiff_t tap = Stride ? column_elements : w.tap_elements;
  const int kw = Kw ? Kw : w.kw;
#pragma clang loop unroll(disable)
  do {  // a window meets at least one pair
    unrolled<Kw>(kw, [&](int kx) {
      const v128_t weight = wasm_v128_load(weights + kx * 16);
      unrolled<Pixels>(Pixels, [&](int p) {
        const v128_t two_rows = wasm_v128_load(in + p * pixel + kx * tap);
        acc[p] = wasm_i32x4_add(acc[p], wasm_i32x4_dot_i16x8(two_rows, weight));
      });
    });
    in += w.pair_elements;
    weights += kw * 16;
  } while (--pairs > 0);
}

/// Adds `count` vectors of taps that meet padding.
inline v128_t add_padding(v128_t acc, v128_t padding, const char* weights, int count) {
#pragma clang loop unroll(disable)
  for (int i = 0; i < count; ++i)
    acc = wasm_i32x4_add(acc, wasm_i32x4_dot_i16x8(padding, wasm_v128_load(weights + i * 16)));
  return acc;
}

/// A block of output rows of four channels. `Kw` is the number of columns of a filter without dilation, and
/// `Stride` that of the columns; with 0 both are read from the block. `Pixels` outputs are computed together, ow >=
/// Pixels. A function of its own, always called through a pointer so that no linker inlines it: engines keep
/// accumulators in registers only in small functions.
template <int Kw, int Stride, int Pixels, class EpilogueTile>
void run_rows(const RowBlock& block_in_memory, const int16_t* pairs, const char* taps,
              const EpilogueTile& epilogue_in_memory) {
  // Copies, as stores of bytes might alias the originals.
  const RowBlock block = block_in_memory;
  const EpilogueTile epilogue = epilogue_in_memory;
  const ptrdiff_t pixel = Stride ? Stride * column_elements : block.window.pixel_elements;
  const v128_t start = epilogue.start(0, wasm_i32x4_splat(0));
  int position = 0;
  unsigned y = unsigned(block.phase);  // padded row, unsigned for the sake of y / 2
  for (int row = 0; row < block.rows; ++row, y += unsigned(block.stride_h), position += block.ow) {
    // Pairs of nothing but padding add the same to all outputs of a row.
    const int pair = int(y / 2), pairs_met = y % 2 ? block.pairs_odd : block.pairs_even;
    const int above = std::max(block.first_pair - pair, 0);
    const int inside = std::min(pairs_met, block.end_pair - pair) - above;
    const int below = pairs_met - above - inside, kw = block.window.kw;
    const char* weights = taps + (y % 2 ? block.odd_phase_bytes : 0);
    const v128_t row_start = add_padding(add_padding(start, block.padding, weights, above * kw),
                                         block.padding, weights + (above + inside) * kw * 16, below * kw);
    weights += above * kw * 16;
    const auto* in = pairs + ptrdiff_t(pair + above) * block.window.pair_elements;
    for (int ox = 0; ox < block.ow; ox += Pixels) {
      ox = std::min(ox, block.ow - Pixels);  // the last ones may overlap those before
      v128_t acc[Pixels];
      for (int p = 0; p < Pixels; ++p) acc[p] = row_start;
      accumulate<Kw, Stride>(block.window, inside, in + ox * pixel, weights, acc);
      if constexpr (Pixels == 4) {
        epilogue.store_four(position + ox, acc);
      } else {
        epilogue.store(position + ox, acc);
      }
    }
  }
}

template <class EpilogueTile>
using RunRows = void (*)(const RowBlock&, const int16_t* pairs, const char* taps, const EpilogueTile&);

/// Filters that most networks have run on loops of constant length.
template <class EpilogueTile> RunRows<EpilogueTile> choose_run_rows(const ConvGeometry& g) {
  if (g.ow < 4) return run_rows<0, 0, 1, EpilogueTile>;
  if constexpr (EpilogueTile::is_hot) {
    const int kw = g.dilation_w == 1 ? g.kw : 0;
    if (kw == 3 && g.stride_w == 1) return run_rows<3, 1, 4, EpilogueTile>;
    if (kw == 3 && g.stride_w == 2) return run_rows<3, 2, 4, EpilogueTile>;
    if (kw == 5 && g.stride_w == 1) return run_rows<5, 1, 4, EpilogueTile>;
    if (kw == 5 && g.stride_w == 2) return run_rows<5, 2, 4, EpilogueTile>;
  }
  return run_rows<0, 0, 4, EpilogueTile>;
}

/// All blocks and chunks.
template <class Epilogue>
void run(const PackedDwconvS8& b, const ConvGeometry& g, const DwconvS8Args& args, const Epilogue& e) {
  using Tile = typename EpilogueTile<Epilogue, 1>::type;
  const RunRows<Tile> run_rows = choose_run_rows<Tile>(g);
  const RowPairPlan plan(g);
  auto* pairs = static_cast<int16_t*>(args.workspace);
  RowBlock block(g, plan);
  block.padding = wasm_i16x8_splat(args.in_zero_point);
  // With more padding a window may see nothing else.
  const bool sees_input = g.pad_top < g.kh && (g.oh - 1) * g.stride_h - g.pad_top < g.h;
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
    block.end_pair = needed;
    if (plan.shared && sees_input) {
      block.first_pair = first_y < 0 ? -first_y / 2 : 0;
      block.end_pair = std::min(needed, (g.h - first_y + 1) / 2);
    }
    for (int chunk = 0; chunk < g.c; chunk += pair_channels) {
      const int channels = std::min(pair_channels, g.c - chunk);
      const PairSource source{g, args.in + ptrdiff_t(batch) * g.h * g.w * g.c + chunk, channels,
                              wasm_i8x16_splat(static_cast<int8_t>(args.in_zero_point))};
      for (int i = block.first_pair; i < block.end_pair; ++i) {
        const int y = first_y + 2 * i * g.dilation_h;
        make_pair(source, plan, y, y + g.dilation_h, pairs + i * plan.pair_elements());
      }
      for (int c = 0; c < channels; c += vector_channels) {
        const int count = std::min(vector_channels, channels - c);
        const bool whole = count == vector_channels;
        const Epilogue part = shifted(e, int64_t(row) * g.ow, chunk + c);
        const Redirected<Epilogue, Element, vector_channels> redirected(part, scratch);
        const Tile epilogue(whole ? part : redirected.to_scratch, b.column_sum + chunk + c, count);
        const char* taps = static_cast<const char*>(b.taps) + (chunk + c) / vector_channels * taps_bytes;
        run_rows(block, pairs + c / vector_channels * plan.vector_elements(), taps, epilogue);
        if (!whole) redirected.copy(block.rows * g.ow, count);
      }
    }
  }
}

}  // namespace

bool simd_dot_i16x8_usable(const IsaFacts&) { return true; }
void simd_dot_i16x8_requantize(const PackedDwconvS8& b, const ConvGeometry& g, const DwconvS8Args& args,
                               const RequantizeU8& e) {
  run(b, g, args, e);
}
void simd_dot_i16x8_dequantize(const PackedDwconvS8& b, const ConvGeometry& g, const DwconvS8Args& args,
                               const DequantizeF32& e) {
  run(b, g, args, e);
}

}  // namespace octavo::kernels::dwconv_s8_rows

#endif
