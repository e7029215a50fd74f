// i32x4.dot_i16x8 over row pairs: four channels of four neighbouring outputs at a time.
#include "kernels/dwconv_s8/kernels.h"
#include "kernels/dwconv_s8/row_pairs.h"
#include "kernels/epilogue_simd.h"

#if OCTAVO_SIMD

namespace octavo::kernels::dwconv_s8_rows {
namespace {

/// The first `count` of 16 bytes, the others zero.
v128_t load_bytes(const uint8_t* p, int count) {
  if (count >= 16) return wasm_v128_load(p);
  alignas(16) uint8_t padded[16] = {};
  for (int i = 0; i < count; ++i) padded[i] = p[i];
  return wasm_v128_load(padded);
}

/// Interleaves sixteen channels of two rows.
inline void store_pair(int16_t* out, v128_t upper, v128_t lower) {
  const v128_t low = wasm_i8x16_shuffle(upper, lower, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const v128_t high = wasm_i8x16_shuffle(upper, lower, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  wasm_v128_store(out, wasm_u16x8_extend_low_u8x16(low));
  wasm_v128_store(out + 8, wasm_u16x8_extend_high_u8x16(low));
  wasm_v128_store(out + 16, wasm_u16x8_extend_low_u8x16(high));
  wasm_v128_store(out + 24, wasm_u16x8_extend_high_u8x16(high));
}

/// One batch image, the channels of one chunk.
struct Source {
  const ConvGeometry& g;
  const RowPairPlan& plan;
  const uint8_t* image;  ///< at the first channel of the chunk
  int channels;          ///< of the chunk that exist
  v128_t padding;

  /// The pair of input rows y0 and y1, which may lie outside.
  void make_pair(int y0, int y1, int16_t* out) const {
    const ptrdiff_t pitch = ptrdiff_t(g.w) * g.c;
    const uint8_t* upper = y0 >= 0 && y0 < g.h ? image + y0 * pitch : nullptr;
    const uint8_t* lower = y1 >= 0 && y1 < g.h ? image + y1 * pitch : nullptr;
    for (int column = 0; column < plan.width; ++column, out += plan.chunk * 2) {
      const int x = column - g.pad_left;
      const bool inside = x >= 0 && x < g.w;
      const ptrdiff_t offset = ptrdiff_t(x) * g.c;
      for (int c = 0; c < plan.chunk; c += 16) {
        const v128_t a = inside && upper ? load_bytes(upper + offset + c, channels - c) : padding;
        const v128_t b = inside && lower ? load_bytes(lower + offset + c, channels - c) : padding;
        store_pair(out + c * 2, a, b);
      }
    }
  }
};

/// The pairs of one window, from the top.
struct Window {
  const char** pair;
  int pairs;
};

/// Four channels of `Pixels` outputs; `offset` leads to the first column of the first window within each pair.
template <int Pixels>
inline void accumulate(const Window& window, ptrdiff_t offset, ptrdiff_t pixel_bytes, ptrdiff_t tap_bytes, int kw,
                       const char* weights, v128_t (&acc)[Pixels]) {
  for (int pair = 0; pair < window.pairs; ++pair) {
    const char* in = window.pair[pair] + offset;
#pragma clang loop unroll(disable)
    for (int kx = 0; kx < kw; ++kx, in += tap_bytes, weights += 16) {
      const v128_t weight = wasm_v128_load(weights);
#pragma clang loop unroll(full)
      for (int p = 0; p < Pixels; ++p) {
        acc[p] = wasm_i32x4_add(acc[p], wasm_i32x4_dot_i16x8(wasm_v128_load(in + p * pixel_bytes), weight));
      }
    }
  }
}

template <class Epilogue>
void run_row(const PackedDwconvS8& b, const ConvGeometry& g, const RowPairPlan& plan, const Window& window, int phase,
             int first_channel, const Epilogue& e) {
  const int pairs_before = phase ? pairs_in_window(g.kh, 0) : 0;
  const ptrdiff_t block_bytes = ptrdiff_t(pairs_in_window(g.kh, 0) + pairs_in_window(g.kh, 1)) * g.kw * 16;
  const ptrdiff_t column = plan.column_bytes();
  const ptrdiff_t pixel_bytes = g.stride_w * column, tap_bytes = g.dilation_w * column;
  const int channels = std::min(plan.chunk, g.c - first_channel);
  for (int c = 0; c < channels; c += 4) {
    const int channel = first_channel + c;
    const char* weights = static_cast<const char*>(b.taps) + (channel / 4) * block_bytes + pairs_before * g.kw * 16;
    const typename EpilogueTile<Epilogue, 1>::type epilogue(e, b.column_sum, channel, std::min(4, g.c - channel));
    const v128_t start = epilogue.start(0, wasm_i32x4_splat(0));
    ptrdiff_t offset = c * RowPairPlan::bytes_per_channel;
    int ox = 0;
    for (; ox + 4 <= g.ow; ox += 4, offset += 4 * pixel_bytes) {
      v128_t acc[4] = {start, start, start, start};
      accumulate<4>(window, offset, pixel_bytes, tap_bytes, g.kw, weights, acc);
      epilogue.store_four(ox, acc);
    }
    for (; ox < g.ow; ++ox, offset += pixel_bytes) {
      v128_t acc[1] = {start};
      accumulate<1>(window, offset, pixel_bytes, tap_bytes, g.kw, weights, acc);
      epilogue.store(ox, acc);
    }
  }
}

template <class Epilogue>
void run(const PackedDwconvS8& b, const ConvGeometry& g, const DwconvS8Args& args, const Epilogue& e) {
  const RowPairPlan plan(g);
  const auto slot = [&](int pair) {
    return static_cast<int16_t*>(args.workspace) + (pair % plan.slots) * (plan.pair_bytes() / 2);
  };
  Window window{reinterpret_cast<const char**>(slot(0) + plan.slots * (plan.pair_bytes() / 2)), 0};
  for (int c = 0; c < g.c; c += plan.chunk) {
    int batch = -1, next_pair = 0;  // pairs [0, next_pair) of the batch have been made
    for (int row = args.row_begin; row < args.row_end; ++row) {
      if (row / g.oh != batch) {
        batch = row / g.oh;
        next_pair = 0;
      }
      const uint8_t* image = args.in + ptrdiff_t(batch) * g.h * g.w * g.c + c;
      const Source source{g, plan, image, std::min(plan.chunk, g.c - c), wasm_i8x16_splat(int8_t(args.in_zero_point))};
      const int top = row % g.oh * g.stride_h;
      const bool shared = g.dilation_h == 1;
      const int phase = shared ? top % 2 : 0, first_pair = shared ? top / 2 : 0;
      window.pairs = pairs_in_window(g.kh, phase);
      if (!shared) next_pair = 0;
      next_pair = std::max(next_pair, first_pair);
      for (int i = 0; i < window.pairs; ++i) {
        const int pair = first_pair + i;
        if (pair >= next_pair) {
          const int y = shared ? 2 * pair - g.pad_top : top - g.pad_top + 2 * i * g.dilation_h;
          source.make_pair(y, y + g.dilation_h, slot(pair));
          next_pair = pair + 1;
        }
        window.pair[i] = reinterpret_cast<const char*>(slot(pair));
      }
      run_row(b, g, plan, window, phase, c, shifted(e, int64_t(row) * g.ow, 0));
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
