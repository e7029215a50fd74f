// Eight channels (or the last four and fewer) of four neighbouring outputs at a time: a tap's weights are loaded once for
// four outputs, and eight accumulators hide the latency of the multiply-add. Taps outside of the input are left out, so
// outputs whose window leaves it to the left or right are computed one by one.
#include <algorithm>

#include "kernels/dwconv_f32/kernels.h"
#include "kernels/epilogue_simd.h"

#if OCTAVO_SIMD

namespace octavo::kernels::dwconv_f32_rows {
namespace {

struct MulAdd {
  static v128_t multiply_add(v128_t acc, v128_t a, v128_t b) { return wasm_f32x4_add(acc, wasm_f32x4_mul(a, b)); }
};
#if OCTAVO_RELAXED
struct RelaxedMadd {
  static v128_t multiply_add(v128_t acc, v128_t a, v128_t b) { return wasm_f32x4_relaxed_madd(a, b, acc); }
};
#endif

/// The taps of one output row and column that lie inside of the input.
struct Taps {
  int begin, end;

  Taps(int start, int taps, int dilation, int size)
      : begin(start >= 0 ? 0 : (-start + dilation - 1) / dilation),
        end(start >= size ? 0 : std::min(taps, (size - 1 - start) / dilation + 1)) {}
};

/// Four lanes of channels, of which `count` exist.
inline v128_t load_channels(const float* p, int count) {
  if (count >= 4) return wasm_v128_load(p);
  alignas(16) float padded[4] = {};
  for (int i = 0; i < count; ++i) padded[i] = p[i];
  return wasm_v128_load(padded);
}

/// Nv vectors of channels, of which `count` exist, of Pixels outputs whose windows start `step` floats apart.
template <class Mac, int Pixels, int Nv, class Epilogue>
inline void run_outputs(const ConvGeometry& g, const float* window, ptrdiff_t step, const float* weights, Taps ys, Taps xs,
                        int count, const Epilogue& epilogue, int position) {
  v128_t acc[Pixels][Nv];
  for (int p = 0; p < Pixels; ++p) {
    for (int v = 0; v < Nv; ++v) acc[p][v] = epilogue.start(v, wasm_i32x4_splat(0));
  }
  for (int ky = ys.begin; ky < ys.end; ++ky) {
    const float* in = window + ptrdiff_t(ky) * g.dilation_h * g.w * g.c + ptrdiff_t(xs.begin) * g.dilation_w * g.c;
    const float* w = weights + (ky * g.kw + xs.begin) * 8;
#pragma clang loop unroll(disable)
    for (int kx = xs.begin; kx < xs.end; ++kx, in += ptrdiff_t(g.dilation_w) * g.c, w += 8) {
#pragma clang loop unroll(full)
      for (int v = 0; v < Nv; ++v) {
        const v128_t weight = wasm_v128_load(w + 4 * v);
#pragma clang loop unroll(full)
        for (int p = 0; p < Pixels; ++p) {
          acc[p][v] = Mac::multiply_add(acc[p][v], load_channels(in + p * step + 4 * v, count - 4 * v), weight);
        }
      }
    }
  }
  for (int p = 0; p < Pixels; ++p) epilogue.store(position + p, acc[p]);
}

/// One row of outputs for channels [c, c + 4·Nv).
template <class Mac, int Nv>
void run_channels(const PackedDwconvF32& b, const ConvGeometry& g, const float* image, int oy, int c,
                  const BiasClampF32& e) {
  const float* weights = b.taps + ptrdiff_t(c / 8) * b.kh * b.kw * 8 + c % 8;
  const int count = std::min(4 * Nv, g.c - c);
  const BiasClampTile<Nv> epilogue(e, nullptr, c, count);
  const int y = oy * g.stride_h - g.pad_top;
  const Taps ys(y, g.kh, g.dilation_h, g.h);
  const ptrdiff_t step = ptrdiff_t(g.stride_w) * g.c;
  const int last_tap = (g.kw - 1) * g.dilation_w;
  for (int ox = 0; ox < g.ow;) {
    const int x = ox * g.stride_w - g.pad_left;
    const float* window = image + (ptrdiff_t(y) * g.w + x) * g.c + c;
    const bool four_inside = ox + 4 <= g.ow && x >= 0 && x + 3 * g.stride_w + last_tap < g.w;
    if (four_inside && count >= 4 * Nv) {
      run_outputs<Mac, 4, Nv>(g, window, step, weights, ys, Taps(0, g.kw, 1, g.kw), 4 * Nv, epilogue, ox);
      ox += 4;
    } else {
      run_outputs<Mac, 1, Nv>(g, window, step, weights, ys, Taps(x, g.kw, g.dilation_w, g.w), count, epilogue, ox);
      ++ox;
    }
  }
}

template <class Mac>
void run(const PackedDwconvF32& b, const ConvGeometry& g, const DwconvF32Args& args, const BiasClampF32& e) {
  for (int row = args.row_begin; row < args.row_end; ++row) {
    const float* image = args.in + ptrdiff_t(row / g.oh) * g.h * g.w * g.c;
    const BiasClampF32 row_epilogue = shifted(e, int64_t(row) * g.ow, 0);
    int c = 0;
    for (; c + 8 <= g.c; c += 8) run_channels<Mac, 2>(b, g, image, row % g.oh, c, row_epilogue);
    for (; c < g.c; c += 4) run_channels<Mac, 1>(b, g, image, row % g.oh, c, row_epilogue);
  }
}

}  // namespace

void simd_mul_add_run(const PackedDwconvF32& b, const ConvGeometry& g, const DwconvF32Args& args, const BiasClampF32& e) {
  run<MulAdd>(b, g, args, e);
}
#if OCTAVO_RELAXED
void relaxed_madd_run(const PackedDwconvF32& b, const ConvGeometry& g, const DwconvF32Args& args, const BiasClampF32& e) {
  run<RelaxedMadd>(b, g, args, e);
}
#endif

}  // namespace octavo::kernels::dwconv_f32_rows

#endif
