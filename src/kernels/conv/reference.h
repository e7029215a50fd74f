// The oracle: one output at a time, straight from the equation of ConvGeometry. In: u8 or float; Acc: int32_t or float.
#pragma once

#include "kernels/conv/geometry.h"

namespace octavo::kernels {

/// `weight(o, ky, kx, i)` gives the filter; `store(position, o, acc, weight_sum)` takes the result.
template <class Acc, class In, class Weight, class Store>
void reference_conv(const ConvGeometry& g, const In* in, In padding, Weight&& weight, Store&& store) {
  for (int64_t position = 0; position < g.positions(); ++position) {
    const int oy = int(position / g.ow % g.oh), ox = int(position % g.ow);
    const In* image = in + position / (g.oh * g.ow) * g.h * g.w * g.c;
    for (int o = 0; o < g.oc; ++o) {
      const int first_channel = o / g.group_outputs() * g.group_channels();
      Acc acc = 0, sum = 0;
      for (int ky = 0; ky < g.kh; ++ky) {
        for (int kx = 0; kx < g.kw; ++kx) {
          const int y = oy * g.stride_h + ky * g.dilation_h - g.pad_top;
          const int x = ox * g.stride_w + kx * g.dilation_w - g.pad_left;
          const bool inside = y >= 0 && y < g.h && x >= 0 && x < g.w;
          for (int i = 0; i < g.group_channels(); ++i) {
            const In value = inside ? image[(ptrdiff_t(y) * g.w + x) * g.c + first_channel + i] : padding;
            acc += Acc(weight(o, ky, kx, i)) * Acc(value);
            sum += Acc(weight(o, ky, kx, i));
          }
        }
      }
      store(position, o, acc, sum);
    }
  }
}

}  // namespace octavo::kernels
