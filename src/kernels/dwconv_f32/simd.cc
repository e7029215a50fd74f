// Four channels of four neighbouring outputs at a time, so that a tap's weights are loaded once for four outputs. Taps outside of the input are left out, so
// outputs whose window leaves it to the left or right are computed one by one.
#include <algorithm>
#include <utility>

#include "kernels/dwconv_f32/kernels.h"
#include "kernels/epilogue_simd.h"

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

constexpr int block = 4;  // channels of a vector

/// The taps of one output row or column that lie inside of the input.
struct Taps {
  int begin, end;

  Taps(int start, int taps, int dilation, int size)
      : begin(start >= 0 ? 0 : (-start + dilation - 1) / dilation),
        end(start >= size ? 0 : std::min(taps, (size - 1 - start) / dilation + 1)) {}
  int count() const { return std::max(0, end - begin); }
};

/// f(i) for i in [0, N), unrolled.
template <int N, class F> inline void unrolled(F&& f) {
  [&]<int... i>(std::integer_sequence<int, i...>) { (f(i), ...); }(std::make_integer_sequence<int, N>());
}

/// Rows of the filter that meet the input, channels of the vector that exist, and distances in floats.
struct Window {
  int rows, channels;
  ptrdiff_t row, column, weight_row;
};

/// `fours` runs of four outputs whose windows are inside of the input in x and meet a row of it; the filter has Kw columns next to each other.
/// One row of the filter is one basic block: engines load all that a block needs before they compute, so that larger
/// blocks spill. Called through a pointer, so that no linker inlines it: engines keep accumulators in registers only in
/// small functions.
template <class Mac, int Kw, int Stride>
void run_inside(const Window& window, const float* in, const float* weights, int fours,
                const BiasClampTile<1>& epilogue_in_memory, int position) {
  const Window w = window;
  const BiasClampTile<1> epilogue = epilogue_in_memory;
  const v128_t start = epilogue.start(0, wasm_i32x4_splat(0));
  for (; fours > 0; --fours, in += 4 * Stride * w.column, position += 4) {
    v128_t acc[4] = {start, start, start, start};
    const float* row = in;
    const float* row_weights = weights;
    int rows_left = w.rows;
#pragma clang loop unroll(disable)
    do {
      unrolled<Kw>([&](int kx) {
        const v128_t weight = wasm_v128_load(row_weights + kx * block);
        unrolled<4>([&](int p) {
          acc[p] = Mac::multiply_add(acc[p], wasm_v128_load(row + (p * Stride + kx) * w.column), weight);
        });
      });
      row += w.row;
      row_weights += Kw * block;
    } while (--rows_left > 0);
    for (int p = 0; p < 4; ++p) epilogue.store(position + p, {acc[p]});
  }
}

/// One output with any geometry; `columns` are the taps that are inside.
template <class Mac>
void run_one(const Window& w, const float* in, const float* weights, int columns, int dilation,
             const BiasClampF32& e, int position) {
  const BiasClampTile<1> epilogue(e, nullptr, w.channels);
  v128_t acc[1] = {epilogue.start(0, wasm_i32x4_splat(0))};
  for (int ky = 0; ky < w.rows; ++ky) {
    for (int kx = 0; kx < columns; ++kx) {
      v128_t x[1];
      load_columns<1>(in + ky * w.row + kx * dilation * w.column, w.channels, x);
      acc[0] = Mac::multiply_add(acc[0], x[0], wasm_v128_load(weights + ky * w.weight_row + kx * block));
    }
  }
  if (w.channels == block) return epilogue.store(position, acc);
  float scratch[block];
  const Redirected<BiasClampF32, float, block> redirected(shifted(e, position, 0), scratch);
  BiasClampTile<1>(redirected.to_scratch, nullptr, w.channels).store(0, acc);
  redirected.copy(1, w.channels);
}

template <class Mac> using RunInside = decltype(&run_inside<Mac, 3, 1>);

template <class Mac> RunInside<Mac> choose_run_inside(const ConvGeometry& g) {
  if (g.dilation_w != 1) return nullptr;
  if (g.kw == 3 && g.stride_w == 1) return run_inside<Mac, 3, 1>;
  if (g.kw == 3 && g.stride_w == 2) return run_inside<Mac, 3, 2>;
  if (g.kw == 5 && g.stride_w == 1) return run_inside<Mac, 5, 1>;
  if (g.kw == 5 && g.stride_w == 2) return run_inside<Mac, 5, 2>;
  return nullptr;
}

/// One row of outputs for the four channels from c on. `e` begins at the row and channel.
template <class Mac>
void run_channels(const PackedDwconvF32& b, const ConvGeometry& g, const float* image, int oy, int c,
                  RunInside<Mac> run_inside, const BiasClampF32& e) {
  const int count = std::min(block, g.c - c);
  const int y = oy * g.stride_h - g.pad_top;
  const Taps ys(y, g.kh, g.dilation_h, g.h);
  const Window window{ys.count(), count, ptrdiff_t(g.dilation_h) * g.w * g.c, g.c, ptrdiff_t(g.kw) * block};
  const float* weights = b.taps + (ptrdiff_t(c / block) * b.kh + ys.begin) * window.weight_row;
  const float* rows = image + (ptrdiff_t(y) + ptrdiff_t(ys.begin) * g.dilation_h) * g.w * g.c + c;
  const BiasClampTile<1> epilogue(e, nullptr, count);
  for (int ox = 0; ox < g.ow;) {
    const int x = ox * g.stride_w - g.pad_left;
    // Outputs from here on whose last tap is inside.
    const int run = x < 0 || x + g.kw > g.w ? 0 : std::min(g.ow - ox, (g.w - g.kw - x) / g.stride_w + 1);
    if (run_inside && count == block && window.rows > 0 && run >= 4) {
      run_inside(window, rows + ptrdiff_t(x) * g.c, weights, run / 4, epilogue, ox);
      ox += run / 4 * 4;
    } else {
      const Taps xs(x, g.kw, g.dilation_w, g.w);
      run_one<Mac>(window, rows + (ptrdiff_t(x) + ptrdiff_t(xs.begin) * g.dilation_w) * g.c,
                   weights + xs.begin * block, xs.count(), g.dilation_w, e, ox);
      ++ox;
    }
  }
}

template <class Mac>
void run(const PackedDwconvF32& b, const ConvGeometry& g, const DwconvF32Args& args, const BiasClampF32& e) {
  const RunInside<Mac> run_inside = choose_run_inside<Mac>(g);
  for (int row = args.row_begin; row < args.row_end; ++row) {
    const float* image = args.in + ptrdiff_t(row / g.oh) * g.h * g.w * g.c;
    for (int c = 0; c < g.c; c += block) {
      run_channels<Mac>(b, g, image, row % g.oh, c, run_inside, shifted(e, int64_t(row) * g.ow, c));
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
