// Row pairs: two rows of the input side by side, as s16, so that a dot product of two takes one tap of each. The input
// is padded here, once, with its zero point; the kernels see no border.
//
//   padded row 2j   : a0 a1 a2 a3 …            pair j : a0 b0 a1 b1 a2 b2 a3 b3 …
//   padded row 2j+1 : b0 b1 b2 b3 …
//
// The window of an output row begins in an even padded row (phase 0: pairs hold taps (0,1) (2,3) …) or in an odd one
// (phase 1: (-,0) (1,2) …), so a pair serves all output rows whose windows it meets. With a dilation of rows a pair is
// (y, y + dilation), made for one output row only, and the phase is always 0.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kernels/conv/geometry.h"

namespace octavo::kernels {

/// Channels that are paired at once, and of those the channels that one vector holds and whose columns lie together.
inline constexpr int pair_channels = 16, vector_channels = 4;
/// Elements from one column of a vector to the next.
inline constexpr int column_elements = 2 * vector_channels;

/// Pairs that a window of kh rows meets in a phase.
inline int pairs_in_window(int kh, int phase) { return (kh + phase + 1) / 2; }

/// A block of output rows, and the pairs that their windows meet: [pair][vector][column][4 channels][2 rows] in the
/// workspace.
struct RowPairPlan {
  int width;      ///< padded columns
  int rows;       ///< output rows of a full block
  int max_pairs;  ///< that such a block meets
  bool shared;    ///< pairs serve more than one output row

  explicit RowPairPlan(const ConvGeometry& g)
      : width(std::max((g.ow - 1) * g.stride_w + (g.kw - 1) * g.dilation_w + 1, 1)),
        shared(g.dilation_h == 1) {
    constexpr int cache_bytes = 64 * 1024, bytes_per_column = pair_channels * 4;
    const int64_t fitting = cache_bytes / (int64_t{width} * bytes_per_column);
    const int64_t fitting_rows = (2 * fitting - g.kh - 1) / g.stride_h + 1;
    rows = shared ? static_cast<int>(std::clamp<int64_t>(fitting_rows, 1, std::max(g.oh, 1))) : 1;
    max_pairs = shared ? pairs_in_window((rows - 1) * g.stride_h + g.kh, 1) : pairs_in_window(g.kh, 0);
  }

  /// Elements of one pair, and of one vector of it.
  ptrdiff_t pair_elements() const { return ptrdiff_t(width) * pair_channels * 2; }
  ptrdiff_t vector_elements() const { return ptrdiff_t(width) * column_elements; }
  /// The pairs, then outputs of a block for four channels of which not all exist.
  uint64_t workspace_bytes(size_t element_bytes, int ow) const {
    return uint64_t(max_pairs) * uint64_t(width) * pair_channels * 2 * element_bytes +
           uint64_t(rows) * uint64_t(ow) * 4 * sizeof(float);
  }
};

}  // namespace octavo::kernels
