// Row pairs: two rows of the input side by side, [x][channel][2] as s16, so that a dot product of two takes one tap of
// each. The input is padded here, once, with its zero point; the kernels see no border.
//
//   padded row 2j   : a0 a1 a2 a3 …            pair j : a0 b0 a1 b1 a2 b2 a3 b3 …
//   padded row 2j+1 : b0 b1 b2 b3 …
//
// The window of an output row begins in an even padded row (phase 0: pairs hold taps (0,1) (2,3) …) or in an odd one
// (phase 1: (-,0) (1,2) …), so pairs are shared by all output rows whose windows they meet. With a dilation of rows
// a pair is (y, y + dilation), made for one output row only, and the phase is always 0.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kernels/conv/geometry.h"

namespace octavo::kernels {

/// Pairs that a window of kh rows meets in a phase.
inline int pairs_in_window(int kh, int phase) { return (kh + phase + 1) / 2; }

/// Sizes of the ring of row pairs in the workspace: `slots` pairs of `width` padded columns of `chunk` channels.
struct RowPairPlan {
  int width, slots, chunk;

  explicit RowPairPlan(const ConvGeometry& g)
      : width((g.ow - 1) * g.stride_w + (g.kw - 1) * g.dilation_w + 1), slots(pairs_in_window(g.kh, 1)) {
    constexpr int l1_bytes = 24 * 1024, step = 16;
    const int fitting = l1_bytes / (width * slots * bytes_per_channel) / step * step;
    chunk = std::min(std::max(fitting, step), (g.c + step - 1) / step * step);
  }

  static constexpr int bytes_per_channel = 4;
  ptrdiff_t column_bytes() const { return ptrdiff_t(chunk) * bytes_per_channel; }
  ptrdiff_t pair_bytes() const { return width * column_bytes(); }
  /// The ring, then the addresses of the pairs of one window.
  size_t workspace_bytes() const { return size_t(slots) * (size_t(pair_bytes()) + sizeof(void*)); }
};

}  // namespace octavo::kernels
