#include "kernels/transpose/transpose.h"

#include <algorithm>
#include <cstring>

namespace octavo::kernels {

namespace {

using Steps = StridedBox<2>::Steps;

template <class T> void copy_row(const std::byte* in, std::byte* out, int64_t n, Steps step) {
  for (int64_t i = 0; i < n; ++i, in += step[0], out += step[1])
    *reinterpret_cast<T*>(out) = *reinterpret_cast<const T*>(in);
}

// rows × columns elements; neighbours of a row are neighbours in `out`, neighbours of a column are in `in`.
template <class T>
void copy_block(const std::byte* in, std::byte* out, int64_t rows, Steps row_step, int64_t columns,
                Steps column_step) {
  constexpr int64_t kBlock = 16;
  for (int64_t r0 = 0; r0 < rows; r0 += kBlock)
    for (int64_t c0 = 0; c0 < columns; c0 += kBlock)
      for (int64_t r = r0; r < std::min(rows, r0 + kBlock); ++r)
        copy_row<T>(in + r * row_step[0] + c0 * column_step[0], out + r * row_step[1] + c0 * column_step[1],
                    std::min(kBlock, columns - c0), column_step);
}

template <class T> void copy(StridedBox<2> box, StridedBox<2>::Pointers pointers) {
  constexpr int64_t kSize = sizeof(T);
  const int last = box.rank - 1;
  if (last < 0 || (box.steps[last][0] == kSize && box.steps[last][1] == kSize)) {
    box.for_each_row(pointers, [](const auto& p, int64_t n, const auto&) {
      std::memcpy(p[1], p[0], static_cast<std::size_t>(n) * kSize);
    });
    return;
  }
  for (int axis = 0; axis < last; ++axis) {
    if (box.steps[axis][0] != kSize) continue;
    const int64_t rows = box.dims[axis], columns = box.dims[last];
    const Steps column_step = box.steps[last];
    const Steps row_step = box.remove(axis);
    box.for_each(box.rank - 1, pointers,
                 [&](const auto& p) { copy_block<T>(p[0], p[1], rows, row_step, columns, column_step); });
    return;
  }
  box.for_each_row(pointers,
                   [](const auto& p, int64_t n, const auto& step) { copy_row<T>(p[0], p[1], n, step); });
}

template <class T> void fill_with(void* out, int64_t count, const void* value) {
  T element;
  std::memcpy(&element, value, sizeof(T));
  std::fill_n(static_cast<T*>(out), count, element);
}

}  // namespace

void copy_strided(const StridedBox<2>& box, const void* in, void* out, int size) {
  const StridedBox<2>::Pointers pointers{static_cast<std::byte*>(const_cast<void*>(in)),
                                         static_cast<std::byte*>(out)};
  switch (size) {
    case 1: return copy<uint8_t>(box, pointers);
    case 2: return copy<uint16_t>(box, pointers);
    case 4: return copy<uint32_t>(box, pointers);
    default: return copy<uint64_t>(box, pointers);
  }
}

void fill(void* out, int64_t count, const void* value, int size) {
  switch (size) {
    case 1: return fill_with<uint8_t>(out, count, value);
    case 2: return fill_with<uint16_t>(out, count, value);
    case 4: return fill_with<uint32_t>(out, count, value);
    default: return fill_with<uint64_t>(out, count, value);
  }
}

}  // namespace octavo::kernels
