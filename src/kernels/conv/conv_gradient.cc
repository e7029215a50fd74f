#include "kernels/conv/conv_gradient.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>
#include <utility>

#include "kernels/conv/gather.h"
#include "kernels/transpose/transpose.h"
#include "kernels/vectors.h"

namespace octavo::kernels {

namespace {

// A part of the product that is added up while it is in L1.
constexpr int kRows = 24, kColumns = 64;

template <class V> V read(const float* p) {
  V v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

// Outputs [first, end) of a row whose pixel under the filter's column kx is in the image, and the first such pixel.
struct OutputsOfTap {
  int first, end, pixel;

  OutputsOfTap(const ConvGeometry& g, int kx) {
    const int shift = kx * g.dilation_w - g.pad_left;
    first = shift < 0 ? (-shift + g.stride_w - 1) / g.stride_w : 0;
    end = shift < g.w ? std::min((g.w - 1 - shift) / g.stride_w + 1, g.ow) : 0;
    pixel = first * g.stride_w + shift;
  }
  int count() const { return end - first; }
};

// Calls f.template operator()<V>(channel) for all channels, as many at a time as V holds.
template <class F> void for_each_channels(int channels, F f) {
  constexpr int step = int(lanes<float>);
  int c = 0;
  for (; c + step <= channels; c += step) f.template operator()<Vector<float>>(c);
  for (; c < channels; ++c) f.template operator()<float>(c);
}

// Σ a[i · step_a] · b[i · step_b], of as many neighbouring channels as V holds.
template <class V>
V sum_products(const float* a, ptrdiff_t step_a, const float* b, ptrdiff_t step_b, int count) {
  V even{}, odd{};  // two sums, since an addition takes longer than a cycle
  int i = 0;
  for (; i + 1 < count; i += 2, a += 2 * step_a, b += 2 * step_b) {
    even += read<V>(a) * read<V>(b);
    odd += read<V>(a + step_a) * read<V>(b + step_b);
  }
  if (i < count) even += read<V>(a) * read<V>(b);
  return even + odd;
}

// to[i · step_to] += a[i · step_a] · factor.
template <class V>
void add_multiples(const float* a, ptrdiff_t step_a, V factor, float* to, ptrdiff_t step_to, int count) {
  for (; count > 0; --count, a += step_a, to += step_to) {
    const V sum = read<V>(to) + read<V>(a) * factor;
    std::memcpy(to, &sum, sizeof sum);
  }
}

uint64_t floats(int64_t count) { return static_cast<uint64_t>((count + 3) / 4 * 4); }

// Rows of `n` neighbouring elements, one a position.
struct Rows {
  const float* data;
  ptrdiff_t pitch;
  int n;
};

// to[row][column] gets a tile of products or, where they are not the first, more.
void add_tile(const float* tile, int rows, int columns, float* to, ptrdiff_t pitch, bool is_first) {
  for (int i = 0; i < rows; ++i, tile += kColumns, to += pitch) {
    if (is_first)
      std::copy_n(tile, columns, to);
    else
      map(static_cast<size_t>(columns), to, std::plus<>(), Run<float>{to}, Run<float>{tile});
  }
}

// The same to to[column][row].
void add_turned_tile(const float* tile, int rows, int columns, float* to, ptrdiff_t pitch, bool is_first) {
  for (int i = 0; i < rows; ++i, tile += kColumns, ++to)
    for (int k = 0; k < columns; ++k) to[k * pitch] = is_first ? tile[k] : to[k * pitch] + tile[k];
}

}  // namespace

int block_conv_gradient(const ConvGeometry& g) {
  constexpr int windows = 64 * 1024;  // elements, half of what fits L2 beside their packed form
  return std::clamp(windows / std::max(g.depth(), 1) / 4 * 4, 32, 512);
}

uint64_t workspace_bytes_conv_gradient(const GemmF32Kernel& kernel, const ConvGeometry& g) {
  const int64_t block = block_conv_gradient(g), depth = g.depth();
  const int wider = std::max(g.depth(), g.group_outputs());
  return (floats(block * depth + panel_slack) + floats(block * wider) + kRows * kColumns) * sizeof(float) +
         packed_size_gemm_f32(kernel, wider, static_cast<int>(block));
}

void conv_weight_gradient_f32(const GemmF32Kernel& kernel, const ConvGeometry& g,
                              const ConvGradientArgs& args) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  constexpr ptrdiff_t size = sizeof(float);
  const int block = block_conv_gradient(g), depth = g.depth(), outputs = args.end_output - args.first_output;
  const int wider = std::max(depth, g.group_outputs());
  float* const windows = static_cast<float*>(args.workspace);
  float* const turned = windows + floats(int64_t{block} * depth + panel_slack);
  float* const product = turned + floats(int64_t{block} * wider);
  float* const panels = product + kRows * kColumns;
  float* const dw = args.dw + ptrdiff_t(args.first_output) * depth;
  // Tiles are nr columns wide: the side that fills them better is the right one.
  const auto tiles = [&](int n) { return (n + kernel.nr - 1) / kernel.nr; };
  const bool turns = int64_t{depth} * tiles(outputs) < int64_t{outputs} * tiles(depth);
  for (int64_t position = args.begin; position < args.end; position += block) {
    const int count = static_cast<int>(std::min<int64_t>(block, args.end - position));
    gather_rows<PanelF32>(g, args.x, args.group, position, count, 0.0f, depth, windows);
    Rows left{args.dy + position * g.oc + args.group * g.group_outputs() + args.first_output, g.oc, outputs};
    Rows right{windows, depth, depth};
    if (turns) std::swap(left, right);
    const PackedGemmF32 packed =
        pack_gemm_f32(kernel, {right.data, right.n, 1, 1, count, 1, 0, 0, right.pitch}, panels);
    StridedBox<2> box;
    box.append(left.n, {size, count * size});
    box.append(count, {left.pitch * size, size});
    copy_strided(box, left.data, turned, static_cast<int>(size));
    for (int column = 0; column < right.n; column += kColumns) {
      const int columns = std::min(kColumns, right.n - column);
      const PackedGemmF32 part = columns_of(packed, column, column + columns);
      for (int row = 0; row < left.n; row += kRows) {
        const int rows = std::min(kRows, left.n - row);
        kernel.run(part, turned + ptrdiff_t(row) * count, count, rows,
                   {nullptr, -infinity, infinity, product, kColumns});
        const bool is_first = position == args.begin;
        if (turns)
          add_turned_tile(product, rows, columns, dw + ptrdiff_t(column) * depth + row, depth, is_first);
        else
          add_tile(product, rows, columns, dw + ptrdiff_t(row) * depth + column, depth, is_first);
      }
    }
  }
}

void dwconv_weight_gradient_f32(const ConvGeometry& g, const float* x, const float* dy, int64_t begin,
                                int64_t end, float* dw) {
  std::fill_n(dw, ptrdiff_t(g.kh) * g.kw * g.c, 0.0f);
  for (int64_t row = begin; row < end; ++row)
    for (int ky = 0; ky < g.kh; ++ky) {
      const int64_t y = row % g.oh * g.stride_h + int64_t(ky) * g.dilation_h - g.pad_top;
      if (y < 0 || y >= g.h) continue;
      for (int kx = 0; kx < g.kw; ++kx) {
        const OutputsOfTap outputs(g, kx);
        if (outputs.count() <= 0) continue;
        const float* const a = dy + (row * g.ow + outputs.first) * g.c;
        const float* const b = x + ((row / g.oh * g.h + y) * g.w + outputs.pixel) * g.c;
        float* const to = dw + (ptrdiff_t(ky) * g.kw + kx) * g.c;
        for_each_channels(g.c, [&]<class V>(int c) {
          const V sum = read<V>(to + c) +
                        sum_products<V>(a + c, g.c, b + c, ptrdiff_t(g.stride_w) * g.c, outputs.count());
          std::memcpy(to + c, &sum, sizeof sum);
        });
      }
    }
}

void dwconv_image_gradient_f32(const ConvGeometry& g, const float* dy, const float* filters, int64_t begin,
                               int64_t end, float* dx) {
  for (int64_t row = begin; row < end; ++row) {
    float* const pixels = dx + row * g.w * g.c;
    std::fill_n(pixels, ptrdiff_t(g.w) * g.c, 0.0f);
    for (int ky = 0; ky < g.kh; ++ky) {
      const int64_t start = row % g.h + g.pad_top - int64_t(ky) * g.dilation_h, oy = start / g.stride_h;
      if (start < 0 || start % g.stride_h != 0 || oy >= g.oh) continue;
      for (int kx = 0; kx < g.kw; ++kx) {
        const OutputsOfTap outputs(g, kx);
        if (outputs.count() <= 0) continue;
        const float* const from = dy + ((row / g.h * g.oh + oy) * g.ow + outputs.first) * g.c;
        const float* const filter = filters + (ptrdiff_t(ky) * g.kw + kx) * g.c;
        for_each_channels(g.c, [&]<class V>(int c) {
          add_multiples<V>(from + c, g.c, read<V>(filter + c), pixels + ptrdiff_t(outputs.pixel) * g.c + c,
                           ptrdiff_t(g.stride_w) * g.c, outputs.count());
        });
      }
    }
  }
}

}  // namespace octavo::kernels
