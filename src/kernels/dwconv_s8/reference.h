// The oracle: one output at a time, straight from the equation of ConvGeometry with groups = c.
#pragma once

#include "kernels/conv/geometry.h"
#include "kernels/epilogue_scalar.h"

namespace octavo::kernels {

/// Rows [row_begin, row_end) of the n*oh output rows; `weight(channel, ky, kx)` gives the filter.
template <class Weight, class Epilogue>
void reference_dwconv_s8(const ConvGeometry& g, const uint8_t* in, uint8_t in_zero_point, Weight&& weight,
                         int row_begin, int row_end, const Epilogue& e) {
  for (int row = row_begin; row < row_end; ++row) {
    const uint8_t* image = in + ptrdiff_t(row / g.oh) * g.h * g.w * g.c;
    for (int ox = 0; ox < g.ow; ++ox) {
      for (int c = 0; c < g.c; ++c) {
        int32_t acc = 0, sum = 0;
        for (int ky = 0; ky < g.kh; ++ky) {
          for (int kx = 0; kx < g.kw; ++kx) {
            const int y = row % g.oh * g.stride_h + ky * g.dilation_h - g.pad_top;
            const int x = ox * g.stride_w + kx * g.dilation_w - g.pad_left;
            const bool inside = y >= 0 && y < g.h && x >= 0 && x < g.w;
            acc += weight(c, ky, kx) * (inside ? image[(ptrdiff_t(y) * g.w + x) * g.c + c] : in_zero_point);
            sum += weight(c, ky, kx);
          }
        }
        store_one(e, int64_t(row) * g.ow + ox, c, acc, sum);
      }
    }
  }
}

}  // namespace octavo::kernels
