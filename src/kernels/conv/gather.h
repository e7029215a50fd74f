// Gathers output positions of a convolution into the rows of a panel: k = (ky * kw + kx) * c/groups + i, in a volume
// ((kz * kh + ky) * kw + kx) * c/groups + i.
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

/// gather_window for windows that are inside of the input, with rows of kw*c elements that lie together. Reads and
/// writes a little more than that, see copy_rounded.
template <class Form>
void gather_inner_window(const ConvGeometry& g, const typename Form::Source* in,
                         typename Form::Element* out) {
  const int run = g.kw * g.c;
  const ptrdiff_t row_pitch = ptrdiff_t(g.dilation_h) * g.w * g.c;
  for (int ky = 0; ky < g.kh; ++ky, in += row_pitch, out += run) Form::copy_rounded(out, in, run);
}

/// gather_rows for volumes.
template <class Form>
void gather_volume_rows(const ConvGeometry& g, const typename Form::Source* in, int group, int64_t position,
                        int count, typename Form::Source padding, int row_elements,
                        typename Form::Element* out) {
  const int64_t plane = int64_t(g.h) * g.w * g.c;
  const int window = g.kh * g.kw * g.group_channels();
  for (; count > 0; --count, ++position, out += row_elements) {
    const int ox = static_cast<int>(position % g.ow), oy = static_cast<int>(position / g.ow % g.oh);
    const int64_t slice = position / g.ow / g.oh;
    const typename Form::Source* volume = in + slice / g.od * g.d * plane + group * g.group_channels();
    for (int kz = 0; kz < g.kd; ++kz) {
      const int64_t z = slice % g.od * g.stride_d + int64_t(kz) * g.dilation_d - g.pad_front;
      if (z < 0 || z >= g.d)
        Form::fill(out + kz * window, padding, window);
      else
        gather_window<Form>(g, volume + z * plane, oy * g.stride_h - g.pad_top, ox * g.stride_w - g.pad_left,
                            padding, out + kz * window);
    }
  }
}

/// Rows for the output positions [position, position + count), each of `row_elements` >= depth elements, of which those
/// past depth are of no meaning. `out` has room for panel_slack elements more.
template <class Form>
void gather_rows(const ConvGeometry& g, const typename Form::Source* in, int group, int64_t position,
                 int count, typename Form::Source padding, int row_elements, typename Form::Element* out) {
  if (g.is_volume) return gather_volume_rows<Form>(g, in, group, position, count, padding, row_elements, out);
  const int64_t plane = int64_t(g.oh) * g.ow, image_size = int64_t(g.h) * g.w * g.c;
  const int64_t batch = position / plane;
  int oy = static_cast<int>(position % plane / g.ow), ox = static_cast<int>(position % g.ow);
  const typename Form::Source* image = in + batch * image_size + group * g.group_channels();
  const bool together = g.groups == 1 && g.dilation_w == 1;
  const int last_y = (g.kh - 1) * g.dilation_h;
  const int rounded_run = (g.kw * g.c + Form::rounding - 1) / Form::rounding * Form::rounding;
  for (int i = 0; i < count; ++i, out += row_elements) {
    const int y = oy * g.stride_h - g.pad_top, x = ox * g.stride_w - g.pad_left;
    // What would round beyond the image is left to the careful way.
    const int64_t end = (int64_t(y + last_y) * g.w + x) * g.c + rounded_run;
    const bool inner =
        together && y >= 0 && x >= 0 && x + g.kw <= g.w && y + last_y < g.h && end <= image_size;
    if (inner) {
      gather_inner_window<Form>(g, image + (ptrdiff_t(y) * g.w + x) * g.c, out);
    } else {
      gather_window<Form>(g, image, y, x, padding, out);
    }
    if (++ox == g.ow) {
      ox = 0;
      if (++oy == g.oh) {
        oy = 0;
        image += image_size;
      }
    }
  }
}

}  // namespace octavo::kernels
