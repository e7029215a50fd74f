// Padded rows: what a block of output rows sees of the input, sixteen channels of it, copied and padded with zeros at
// the left and right, so that kernels see no border there. Rows above and below the image are not copied; windows leave
// them out. Four channels lie together, so that a vector's neighbours in x are its neighbours in memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kernels/conv/geometry.h"

namespace octavo::kernels {

/// Channels that are copied at once (a cache line of them), and of those the channels of a vector.
inline constexpr int padded_channels = 16, padded_block = 4;

/// A block of output rows: [vector][row][column][4 channels] in the workspace.
struct PaddedRowsPlan {
  int width;     ///< padded columns
  int rows;      ///< output rows of a full block
  int max_rows;  ///< input rows that such a block sees

  explicit PaddedRowsPlan(const ConvGeometry& g)
      : width(std::max((g.ow - 1) * g.stride_w + (g.kw - 1) * g.dilation_w + 1, 1)) {
    constexpr int cache_bytes = 64 * 1024;
    const int window = (g.kh - 1) * g.dilation_h + 1;
    const int64_t fitting = cache_bytes / (int64_t{width} * padded_channels * sizeof(float));
    rows = static_cast<int>(std::clamp<int64_t>((fitting - window) / g.stride_h + 1, 1, std::max(g.oh, 1)));
    max_rows = std::min((rows - 1) * g.stride_h + window, g.h);
  }

  /// Floats of one row and of all rows of a vector.
  ptrdiff_t row_elements() const { return ptrdiff_t(width) * padded_block; }
  ptrdiff_t vector_elements() const { return row_elements() * max_rows; }
  /// The rows, then outputs of a block for four channels of which not all exist.
  uint64_t workspace_bytes(int ow) const {
    return (uint64_t(width) * uint64_t(max_rows) * padded_channels +
            uint64_t(rows) * uint64_t(ow) * padded_block) *
           sizeof(float);
  }
};

}  // namespace octavo::kernels
