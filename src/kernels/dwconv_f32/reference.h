// The oracle: one output at a time, straight from the equation of ConvGeometry with groups = c.
#pragma once

#include "kernels/conv/geometry.h"
#include "kernels/epilogue_scalar.h"

namespace octavo::kernels {

/// Rows [row_begin, row_end) of the n*oh output rows; `weight(channel, ky, kx)` gives the filter.
template <class Weight>
void reference_dwconv_f32(const ConvGeometry& g, const float* in, Weight&& weight, int row_begin, int row_end,
                          const BiasClampF32& e) {
  for (int row = row_begin; row < row_end; ++row) {
    const float* image = in + ptrdiff_t(row / g.oh) * g.h * g.w * g.c;
    for (int ox = 0; ox < g.ow; ++ox) {
      for (int c = 0; c < g.c; ++c) {
        float sum = 0;
        for (int ky = 0; ky < g.kh; ++ky) {
          for (int kx = 0; kx < g.kw; ++kx) {
            const int y = row % g.oh * g.stride_h + ky * g.dilation_h - g.pad_top;
            const int x = ox * g.stride_w + kx * g.dilation_w - g.pad_left;
            if (y < 0 || y >= g.h || x < 0 || x >= g.w) continue;
            sum += weight(c, ky, kx) * image[(ptrdiff_t(y) * g.w + x) * g.c + c];
          }
        }
        store_one(e, int64_t(row) * g.ow + ox, c, sum);
      }
    }
  }
}

}  // namespace octavo::kernels
