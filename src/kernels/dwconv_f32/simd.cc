// Four channels of four neighbouring outputs at a time, so that a tap's weights are loaded once for four outputs.
#include <algorithm>

#include "kernels/dwconv_f32/kernels.h"
#include "kernels/dwconv_f32/padded_rows.h"
#include "kernels/epilogue_simd.h"
#include "kernels/unrolled.h"

#if OCTAVO_SIMD

namespace octavo::kernels::dwconv_f32_rows {
namespace {

struct MulAdd {
  static v128_t multiply_add(v128_t acc, v128_t a, v128_t b) {
    return wasm_f32x4_add(acc, wasm_f32x4_mul(a, b));
  }
};
#if OCTAVO_RELAXED
struct RelaxedMadd {
  static v128_t multiply_add(v128_t acc, v128_t a, v128_t b) { return wasm_f32x4_relaxed_madd(a, b, acc); }
};
#endif

/// A block of output rows of one image. Distances are in floats.
struct RowBlock {
  int ow, kw, kh, h;
  int stride_h, dilation_h;
  ptrdiff_t pixel, tap, tap_row, row;  ///< from output to output, from tap to tap, and from row to row
  int rows = 0;
  int top = 0;    ///< input row of the first window, may be negative
  int first = 0;  ///< input row that is copied first

  RowBlock(const ConvGeometry& g, const PaddedRowsPlan& plan)
      : ow(g.ow),
        kw(g.kw),
        kh(g.kh),
        h(g.h),
        stride_h(g.stride_h),
        dilation_h(g.dilation_h),
        pixel(ptrdiff_t(g.stride_w) * padded_block),
        tap(ptrdiff_t(g.dilation_w) * padded_block),
        tap_row(g.dilation_h * plan.row_elements()),
        row(plan.row_elements()) {}
};

/// Adds `rows` rows of the window. One row of the filter is one basic block: engines load all that a block needs before
/// they compute, so that larger blocks spill.
template <class Mac, int Kw, int Stride, int Pixels>
inline void accumulate(const RowBlock& block, int rows, const float* in, const float* weights,
                       v128_t (&acc)[Pixels]) {
  const ptrdiff_t pixel = Stride ? Stride * padded_block : block.pixel;
  const ptrdiff_t tap = Stride ? padded_block : block.tap;
  const int kw = Kw ? Kw : block.kw;
#pragma clang loop unroll(disable)
  do {
    unrolled<Kw>(kw, [&](int kx) {
      const v128_t weight = wasm_v128_load(weights + kx * padded_block);
      unrolled<Pixels>(Pixels, [&](int p) {
        acc[p] = Mac::multiply_add(acc[p], wasm_v128_load(in + p * pixel + kx * tap), weight);
      });
    });
    in += block.tap_row;
    weights += kw * padded_block;
  } while (--rows > 0);
}

/// A block of output rows of four channels. `Kw` is the number of columns of a filter without dilation, and `Stride`
/// that of the columns; with 0 both are read from the block. `Pixels` outputs are computed together, ow >= Pixels.
/// Called through a pointer, so that no linker inlines it: engines keep accumulators in registers only in small
/// functions.
template <class Mac, int Kw, int Stride, int Pixels>
void run_rows(const RowBlock& block_in_memory, const float* copied, const float* taps,
              const BiasClampTile<1>& epilogue_in_memory) {
  // Copies, as stores of outputs might alias the originals.
  const RowBlock block = block_in_memory;
  const BiasClampTile<1> epilogue = epilogue_in_memory;
  const ptrdiff_t pixel = Stride ? Stride * padded_block : block.pixel;
  const v128_t start = epilogue.start(0, wasm_i32x4_splat(0));
  int position = 0, top = block.top;
  for (int row = 0; row < block.rows; ++row, top += block.stride_h, position += block.ow) {
    // Rows of the window that lie inside of the image.
    const int begin = top >= 0 ? 0 : (-top + block.dilation_h - 1) / block.dilation_h;
    const int end = top >= block.h ? 0 : std::min(block.kh, (block.h - 1 - top) / block.dilation_h + 1);
    const float* in = copied + (top + begin * block.dilation_h - block.first) * block.row;
    const float* weights = taps + begin * block.kw * padded_block;
    for (int ox = 0; ox < block.ow; ox += Pixels) {
      ox = std::min(ox, block.ow - Pixels);  // the last ones may overlap those before
      v128_t acc[Pixels];
      for (int p = 0; p < Pixels; ++p) acc[p] = start;
      if (begin < end) accumulate<Mac, Kw, Stride>(block, end - begin, in + ox * pixel, weights, acc);
      for (int p = 0; p < Pixels; ++p) epilogue.store(position + ox + p, {acc[p]});
    }
  }
}

using RunRows = void (*)(const RowBlock&, const float* copied, const float* taps, const BiasClampTile<1>&);

/// Filters that most networks have run on loops of constant length.
template <class Mac> RunRows choose_run_rows(const ConvGeometry& g) {
  if (g.ow < 4) return run_rows<Mac, 0, 0, 1>;
  const int kw = g.dilation_w == 1 ? g.kw : 0;
  if (kw == 3 && g.stride_w == 1) return run_rows<Mac, 3, 1, 4>;
  if (kw == 3 && g.stride_w == 2) return run_rows<Mac, 3, 2, 4>;
  if (kw == 5 && g.stride_w == 1) return run_rows<Mac, 5, 1, 4>;
  if (kw == 5 && g.stride_w == 2) return run_rows<Mac, 5, 2, 4>;
  return run_rows<Mac, 0, 0, 4>;
}

/// Copies `rows` rows of up to sixteen channels. `in` is at the first row and channel.
void copy_rows(const ConvGeometry& g, const PaddedRowsPlan& plan, const float* in, int rows, int channels,
               float* out) {
  const int begin = std::min(g.pad_left, plan.width), end = std::clamp(g.pad_left + g.w, begin, plan.width);
  for (int c = 0; c < channels; c += padded_block, out += plan.vector_elements()) {
    const int count = std::min(padded_block, channels - c);
    float* to = out;
    for (int row = 0; row < rows; ++row) {
      const float* from = in + ptrdiff_t(row) * g.w * g.c + c;
      int column = 0;
      const auto fill = [&](int up_to) {
        for (; column < up_to; ++column, to += padded_block) wasm_v128_store(to, wasm_f32x4_splat(0));
      };
      fill(begin);
      for (; column < end; ++column, to += padded_block, from += g.c) {
        v128_t x[1];
        load_columns<1>(from, count, x);
        wasm_v128_store(to, x[0]);
      }
      fill(plan.width);
    }
  }
}

template <class Mac>
void run(const PackedDwconvF32& b, const ConvGeometry& g, const DwconvF32Args& args, const BiasClampF32& e) {
  const RunRows run_rows = choose_run_rows<Mac>(g);
  const PaddedRowsPlan plan(g);
  float* const copied = static_cast<float*>(args.workspace);
  float* const scratch = copied + padded_channels / padded_block * plan.vector_elements();
  RowBlock block(g, plan);
  for (int row = args.row_begin; row < args.row_end; row += block.rows) {
    const int batch = row / g.oh, oy = row % g.oh;
    block.rows = std::min({plan.rows, args.row_end - row, g.oh - oy});
    block.top = oy * g.stride_h - g.pad_top;
    block.first = std::clamp(block.top, 0, g.h);
    const int seen = block.top + (block.rows - 1) * g.stride_h + (g.kh - 1) * g.dilation_h + 1;
    const int end = std::clamp(seen, block.first, g.h);
    for (int chunk = 0; chunk < g.c; chunk += padded_channels) {
      const int channels = std::min(padded_channels, g.c - chunk);
      copy_rows(g, plan, args.in + (ptrdiff_t(batch) * g.h + block.first) * g.w * g.c + chunk,
                end - block.first, channels, copied);
      for (int c = 0; c < channels; c += padded_block) {
        const int count = std::min(padded_block, channels - c);
        const bool whole = count == padded_block;
        const BiasClampF32 part = shifted(e, int64_t(row) * g.ow, chunk + c);
        const Redirected<BiasClampF32, float, padded_block> redirected(part, scratch);
        const BiasClampTile<1> epilogue(whole ? part : redirected.to_scratch, nullptr, count);
        const float* taps = b.taps + ptrdiff_t(chunk + c) * b.kh * b.kw;
        run_rows(block, copied + c / padded_block * plan.vector_elements(), taps, epilogue);
        if (!whole) redirected.copy(block.rows * g.ow, count);
      }
    }
  }
}

}  // namespace

void simd_mul_add_run(const PackedDwconvF32& b, const ConvGeometry& g, const DwconvF32Args& args,
                      const BiasClampF32& e) {
  run<MulAdd>(b, g, args, e);
}
#if OCTAVO_RELAXED
void relaxed_madd_run(const PackedDwconvF32& b, const ConvGeometry& g, const DwconvF32Args& args,
                      const BiasClampF32& e) {
  run<RelaxedMadd>(b, g, args, e);
}
#endif

}  // namespace octavo::kernels::dwconv_f32_rows

#endif
