#include "kernels/transpose/transpose.h"

#include <algorithm>
#include <cstring>

namespace octavo::kernels {

namespace {

using Steps = StridedBox<2>::Steps;

// What depends on the size of an element.
struct Mover {
  void (*copy_row)(const std::byte* in, std::byte* out, int64_t n, Steps step);
  // rows × columns elements. Neighbours of a column are neighbours in memory of `in`, those of a row mostly in `out`.
  void (*copy_block)(const std::byte* in, std::byte* out, int64_t rows, Steps row_step, int64_t columns,
                     Steps column_step);
  void (*fill)(void* out, int64_t count, const void* value);
};

template <class T> void copy_row(const std::byte* in, std::byte* out, int64_t n, Steps step) {
  const auto in_step = static_cast<ptrdiff_t>(step[0]), out_step = static_cast<ptrdiff_t>(step[1]);
  for (int64_t i = 0; i < n; ++i, in += in_step, out += out_step)
    *reinterpret_cast<T*>(out) = *reinterpret_cast<const T*>(in);
}

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

template <class T> void fill_with(void* out, int64_t count, const void* value) {
  T element;
  std::memcpy(&element, value, sizeof(T));
  std::fill_n(static_cast<T*>(out), count, element);
}

template <class T> constexpr Mover kMover{copy_row<T>, copy_block<T>, fill_with<T>};

const Mover& mover(int size) {
  switch (size) {
    case 1: return kMover<uint8_t>;
    case 2: return kMover<uint16_t>;
    case 4: return kMover<uint32_t>;
    default: return kMover<uint64_t>;
  }
}

}  // namespace

void copy_strided(const StridedBox<2>& all, const void* in, void* out, int size) {
  StridedBox<2> box = all;
  const StridedBox<2>::Pointers pointers{static_cast<std::byte*>(const_cast<void*>(in)),
                                         static_cast<std::byte*>(out)};
  const Mover& move = mover(size);
  const int last = box.rank - 1;
  for (int axis = 0; axis < last && box.steps[last][0] != size; ++axis) {
    if (box.steps[axis][0] != size) continue;
    const int64_t rows = box.dims[axis], columns = box.dims[last];
    const Steps column_step = box.steps[last], row_step = box.remove(axis);
    box.for_each(box.rank - 1, pointers,
                 [&](const auto& p) { move.copy_block(p[0], p[1], rows, row_step, columns, column_step); });
    return;
  }
  box.for_each_row(pointers, [&](const auto& p, int64_t n, const auto& step) {
    if (n == 1 || (step[0] == size && step[1] == size))
      std::memcpy(p[1], p[0], static_cast<std::size_t>(n * size));
    else
      move.copy_row(p[0], p[1], n, step);
  });
}

void fill(void* out, int64_t count, const void* value, int size) { mover(size).fill(out, count, value); }

}  // namespace octavo::kernels
