// Gathers output positions of a convolution into the rows of a panel: k = (ky * kw + kx) * c/groups + i.
#pragma once

#include <algorithm>

#include "kernels/a_panel.h"
#include "kernels/conv/geometry.h"

namespace octavo::kernels {

/// Columns of the filter window that starts at `x` (may be negative): how many lie before, in and behind [0, width),
/// for a dilation of 1.
struct ClippedRun {
  int before, inside, behind;

  ClippedRun(int x, int length, int width) {
    before = std::clamp(-x, 0, length);
    behind = std::clamp(x + length - width, 0, length - before);
    inside = length - before - behind;
  }
};

/// One row of the panel. `in` points at the first channel of the group; `padding` is what pixels outside read as.
template <class Form>
void gather_window(const ConvGeometry& g, const typename Form::Source* in, int y0, int x0,
                   typename Form::Source padding, typename Form::Element* out) {
  const int channels = g.group_channels();
  const ptrdiff_t row_pitch = ptrdiff_t(g.w) * g.c;
  for (int ky = 0; ky < g.kh; ++ky) {
    const int y = y0 + ky * g.dilation_h;
    if (y < 0 || y >= g.h) {
      Form::fill(out, padding, g.kw * channels);
      out += g.kw * channels;
    } else if (g.groups == 1 && g.dilation_w == 1) {
      const ClippedRun run(x0, g.kw, g.w);
      Form::fill(out, padding, run.before * channels);
      out += run.before * channels;
      if (run.inside > 0) {
        Form::copy(out, in + y * row_pitch + ptrdiff_t(x0 + run.before) * channels, run.inside * channels);
        out += run.inside * channels;
      }
      Form::fill(out, padding, run.behind * channels);
      out += run.behind * channels;
    } else {
      for (int kx = 0; kx < g.kw; ++kx, out += channels) {
        const int x = x0 + kx * g.dilation_w;
        if (x < 0 || x >= g.w) {
          Form::fill(out, padding, channels);
        } else {
          Form::copy(out, in + y * row_pitch + ptrdiff_t(x) * g.c, channels);
        }
      }
    }
  }
}

/// Rows for the output positions [position, position + count), each of `row_elements` >= depth elements, the rest zero.
template <class Form>
void gather_rows(const ConvGeometry& g, const typename Form::Source* in, int group, int64_t position, int count,
                 typename Form::Source padding, int row_elements, typename Form::Element* out) {
  const int64_t plane = int64_t(g.oh) * g.ow;
  const int64_t batch = position / plane;
  int oy = static_cast<int>(position % plane / g.ow), ox = static_cast<int>(position % g.ow);
  const typename Form::Source* image = in + batch * g.h * g.w * g.c + group * g.group_channels();
  for (int i = 0; i < count; ++i, out += row_elements) {
    gather_window<Form>(g, image, oy * g.stride_h - g.pad_top, ox * g.stride_w - g.pad_left, padding, out);
    Form::fill(out + g.depth(), 0, row_elements - g.depth());
    if (++ox == g.ow) {
      ox = 0;
      if (++oy == g.oh) {
        oy = 0;
        image += ptrdiff_t(g.h) * g.w * g.c;
      }
    }
  }
}

}  // namespace octavo::kernels
