// Images between channels first and channels last.
#pragma once

#include <algorithm>
#include <cstdint>

namespace octavo {

// out[batch][column][row] = in[batch][row][column], in blocks that stay in the first-level cache.
template <class T> void swap_axes(const T* in, T* out, int64_t batches, int64_t rows, int64_t columns) {
  constexpr int64_t kBlock = 16;
  for (int64_t b = 0; b < batches; ++b, in += rows * columns, out += rows * columns)
    for (int64_t r0 = 0; r0 < rows; r0 += kBlock)
      for (int64_t c0 = 0; c0 < columns; c0 += kBlock)
        for (int64_t r = r0; r < std::min(rows, r0 + kBlock); ++r)
          for (int64_t c = c0; c < std::min(columns, c0 + kBlock); ++c)
            out[c * rows + r] = in[r * columns + c];
}

// [n, channels, pixels] to [n, pixels, channels] and back.
template <class T> void to_channels_last(const T* in, T* out, int64_t n, int64_t channels, int64_t pixels) {
  swap_axes(in, out, n, channels, pixels);
}
template <class T> void to_channels_first(const T* in, T* out, int64_t n, int64_t channels, int64_t pixels) {
  swap_axes(in, out, n, pixels, channels);
}

}  // namespace octavo
