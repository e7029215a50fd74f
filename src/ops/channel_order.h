// Images between channels first and channels last.
#pragma once

#include <cstdint>

#include "kernels/transpose/transpose.h"

namespace octavo {

// out[batch][column][row] = in[batch][row][column].
template <class T> void swap_axes(const T* in, T* out, int64_t batches, int64_t rows, int64_t columns) {
  constexpr int64_t size = sizeof(T);
  kernels::StridedBox<2> box;
  box.append(batches, {rows * columns * size, rows * columns * size});
  box.append(columns, {size, rows * size});
  box.append(rows, {columns * size, size});
  kernels::copy_strided(box, in, out, size);
}

// [n, channels, pixels] to [n, pixels, channels] and back.
template <class T> void to_channels_last(const T* in, T* out, int64_t n, int64_t channels, int64_t pixels) {
  swap_axes(in, out, n, channels, pixels);
}
template <class T> void to_channels_first(const T* in, T* out, int64_t n, int64_t channels, int64_t pixels) {
  swap_axes(in, out, n, pixels, channels);
}

}  // namespace octavo
