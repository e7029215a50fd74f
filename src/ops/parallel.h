// Dividing the work of operators among threads. What an operator computes does not depend on how: loops are divided
// over outputs, never over the terms of a sum.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/kernel_policy.h"
#include "kernels/strided.h"

namespace octavo {

// What a piece is at least worth, in steps of a simple loop over elements: about 5 µs, several times what it costs to
// hand a piece to another thread.
inline constexpr int64_t kLeastSteps = 8 * 1024;
// Multiply-adds of a matrix product that take as long as one such step.
inline constexpr int64_t kMacsPerStep = 8;

// A division of items that take `steps` each.
inline Division divide_steps(int64_t steps) {
  return {.least = kLeastSteps / std::max<int64_t>(steps, 1) + 1};
}

// Calls body(begin, end) for pieces of [0, count) elements, each of which takes `steps`.
template <class Body>
void parallel_elements(const KernelPolicy& policy, int64_t count, int64_t steps, const Body& body) {
  parallel_for(policy.threads, count, divide_steps(steps),
               [&](int64_t begin, int64_t end, int) { body(begin, end); });
}

// Calls body(box, pointers) for pieces of a box, cut along its outermost axis. The last tensor is the output, and each
// point of the box has an element of its own there.
template <int N, class Body>
void parallel_box(const KernelPolicy& policy, const kernels::StridedBox<N>& box,
                  const typename kernels::StridedBox<N>::Pointers& pointers, const Body& body) {
  if (policy.threads.count() > 1 && box.rank > 0) {
    int64_t inner = 1;
    for (int axis = 1; axis < box.rank; ++axis) inner *= box.dims[axis];
    return parallel_elements(policy, box.dims[0], inner, [&](int64_t begin, int64_t end) {
      kernels::StridedBox<N> piece = box;
      piece.dims[0] = end - begin;
      auto at = pointers;
      for (int t = 0; t < N; ++t) at[t] += begin * box.steps[0][t];
      body(piece, at);
    });
  }
  body(box, pointers);
}

// The part of a matrix product that a piece computes: some rows, on one thread.
struct ProductPiece {
  int64_t row, rows;
  int thread;
};

// The heights of all tiles divide it.
inline constexpr int64_t kRowUnit = 12;

// Calls body(piece) for pieces of m rows, each of which takes `macs` multiply-adds.
template <class Body>
void parallel_rows(const KernelPolicy& policy, int64_t m, int64_t macs, const Body& body) {
  Division division = divide_steps(macs / kMacsPerStep);
  division.unit = kRowUnit;
  parallel_for(policy.threads, m, division, [&](int64_t begin, int64_t end, int thread) {
    body(ProductPiece{begin, end - begin, thread});
  });
}

// How much of their time `threads` compute when each takes whole units of `count` items: 1 is best.
inline float balance(int64_t count, int64_t unit, int threads) {
  const int64_t units = (count + unit - 1) / unit, longest = (units + threads - 1) / threads;
  return static_cast<float>(units) / static_cast<float>(longest * threads);
}

// Calls body(b, epilogue, piece) for pieces of a product of m rows with the packed weights `b`: of rows or, where those
// are too few to be shared fairly, of columns. `b` and `epilogue` are then those of the columns (but not of the rows).
template <class Packed, class Epilogue, class Body>
void parallel_product(const KernelPolicy& policy, int64_t m, const Packed& b, const Epilogue& epilogue,
                      const Body& body) {
  constexpr float kFair = 0.9f;
  const int threads = policy.threads.count();
  const int64_t unit = m == 1 ? 32 : b.kernel->nr;  // a product of one row may have tiles of 32 columns
  const float by_rows = balance(m, kRowUnit, threads);
  if (threads > 1 && by_rows < kFair && balance(b.n, unit, threads) > by_rows) {
    Division division = divide_steps(m * b.k / kMacsPerStep);
    division.unit = unit;
    division.pieces_per_thread = 1;
    return parallel_for(policy.threads, b.n, division, [&](int64_t begin, int64_t end, int thread) {
      const int first = static_cast<int>(begin);
      body(columns_of(b, first, static_cast<int>(end)), shifted(epilogue, 0, first),
           ProductPiece{0, m, thread});
    });
  }
  parallel_rows(policy, m, int64_t{b.n} * b.k, [&](const ProductPiece& piece) { body(b, epilogue, piece); });
}

}  // namespace octavo
