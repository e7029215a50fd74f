#include "kernels/transpose/transpose.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "kernels/vectors.h"

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

// Lanes of two vectors in turn: a0 b0 a1 b1 …, from the first lane or from the middle on.
template <class T, size_t First, size_t... Lane>
Vector<T> interleave(Vector<T> a, Vector<T> b, std::index_sequence<Lane...>) {
  return __builtin_shufflevector(a, b, (First + Lane / 2 + (Lane % 2) * lanes<T>)...);
}

// A square of as many elements as a vector has lanes. Each round interleaves the first half of the vectors with the
// second: element (i, j), at index i·n + j of all lanes, goes to where its index is rotated left by one bit, which
// after log2(n) rounds exchanges i and j.
template <class T> void transpose_square(const T* in, ptrdiff_t in_pitch, T* out, ptrdiff_t out_pitch) {
  constexpr size_t n = lanes<T>;
  constexpr std::make_index_sequence<n> all{};
  Vector<T> v[n], w[n];
#pragma clang loop unroll(full)
  for (size_t i = 0; i < n; ++i) v[i] = load(in + ptrdiff_t(i) * in_pitch);
#pragma clang loop unroll(disable)  // sixteen vectors are too many for registers anyway
  for (size_t round = 1; round < n; round *= 2) {
#pragma clang loop unroll(full)
    for (size_t i = 0; i < n / 2; ++i) {
      w[2 * i] = interleave<T, 0>(v[i], v[i + n / 2], all);
      w[2 * i + 1] = interleave<T, n / 2>(v[i], v[i + n / 2], all);
    }
#pragma clang loop unroll(full)
    for (size_t i = 0; i < n; ++i) v[i] = w[i];
  }
#pragma clang loop unroll(full)
  for (size_t i = 0; i < n; ++i) store(out + ptrdiff_t(i) * out_pitch, v[i]);
}

// The squares of a block whose columns lie together in `in` and whose rows do in `out`. Several squares that share
// cache lines of `in` follow each other.
template <class T>
void transpose_squares(const std::byte* in, ptrdiff_t in_pitch, std::byte* out, ptrdiff_t out_pitch,
                       int64_t rows, int64_t columns) {
  constexpr int64_t n = lanes<T>, line = 64 / sizeof(T);
  const T* from = reinterpret_cast<const T*>(in);
  T* to = reinterpret_cast<T*>(out);
  for (int64_t r0 = 0; r0 < rows; r0 += line)
    for (int64_t c = 0; c < columns; c += n)
      for (int64_t r = r0; r < std::min(rows, r0 + line); r += n)
        transpose_square(from + c * in_pitch + r, in_pitch, to + r * out_pitch + c, out_pitch);
}

template <class T>
void copy_block(const std::byte* in, std::byte* out, int64_t rows, Steps row_step, int64_t columns,
                Steps column_step) {
  // Images and their quantized forms; other elements are too few to be worth the code.
  constexpr int64_t kSize = sizeof(T), kSquare = kSize == 1 || kSize == 4 ? lanes<T> : 1;
  const bool has_squares = kSquare > 1 && row_step[0] == kSize && column_step[1] == kSize;
  const int64_t square_rows = has_squares ? rows - rows % kSquare : 0;
  const int64_t square_columns = square_rows > 0 ? columns - columns % kSquare : 0;
  if constexpr (kSquare > 1) {
    if (square_columns > 0)
      transpose_squares<T>(in, column_step[0] / kSize, out, row_step[1] / kSize, square_rows, square_columns);
  }
  // What is left, in blocks that keep to few cache lines.
  const auto copy_rest = [&](int64_t first_row, int64_t first_column, int64_t end_row) {
    constexpr int64_t kBlock = 16;
    for (int64_t r0 = first_row; r0 < end_row; r0 += kBlock)
      for (int64_t c0 = first_column; c0 < columns; c0 += kBlock)
        for (int64_t r = r0; r < std::min(end_row, r0 + kBlock); ++r)
          copy_row<T>(in + r * row_step[0] + c0 * column_step[0], out + r * row_step[1] + c0 * column_step[1],
                      std::min(kBlock, columns - c0), column_step);
  };
  copy_rest(0, square_columns, square_columns > 0 ? square_rows : 0);
  copy_rest(square_columns > 0 ? square_rows : 0, 0, rows);
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
