// Loops over N-dimensional boxes in which every tensor has a step of its own along each axis.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace octavo::kernels {

/// The most axes that a strided operator takes.
inline constexpr int kMaxRank = 8;

/// A box of `rank` axes, outermost first, that is walked through N tensors at once. Steps are in bytes; a step of 0
/// repeats (broadcasting) or accumulates (reduction), a negative one walks backwards.
template <int N> struct StridedBox {
  using Steps = std::array<int64_t, N>;
  using Pointers = std::array<std::byte*, N>;

  int rank = 0;
  int64_t dims[kMaxRank] = {};
  Steps steps[kMaxRank] = {};

  /// Adds an innermost axis. Neighbouring axes that every tensor sees as one become one, axes of size 1 vanish: at most
  /// kMaxRank calls fit.
  void append(int64_t dim, Steps step) {
    if (dim == 1) return;
    if (rank > 0 && continues(dim, step)) {
      dims[rank - 1] *= dim;
      steps[rank - 1] = step;
    } else {
      dims[rank] = dim;
      steps[rank++] = step;
    }
  }

  /// Takes the axis out and returns its steps.
  Steps remove(int axis) {
    const Steps removed = steps[axis];
    for (--rank; axis < rank; ++axis) {
      dims[axis] = dims[axis + 1];
      steps[axis] = steps[axis + 1];
    }
    return removed;
  }

  /// Calls visit(pointers) for each point of the outermost `axes` axes, in order.
  template <class Visit> void for_each(int axes, Pointers pointers, Visit&& visit) const {
    for (int axis = 0; axis < rank; ++axis)
      if (dims[axis] == 0) return;
    int64_t index[kMaxRank] = {};
    for (int axis = axes; axis >= 0;) {
      visit(pointers);
      for (axis = axes - 1; axis >= 0; --axis) {
        for (int t = 0; t < N; ++t) pointers[t] += steps[axis][t];
        if (++index[axis] < dims[axis]) break;
        for (int t = 0; t < N; ++t) pointers[t] -= steps[axis][t] * dims[axis];
        index[axis] = 0;
      }
    }
  }

  /// Calls row(pointers, n, steps) for each run along the innermost axis; a box without axes is one run of one.
  template <class Row> void for_each_row(Pointers pointers, Row&& row) const {
    const int64_t n = rank > 0 ? dims[rank - 1] : 1;
    const Steps step = rank > 0 ? steps[rank - 1] : Steps{};
    for_each(rank > 0 ? rank - 1 : 0, pointers, [&](const Pointers& p) { row(p, n, step); });
  }

 private:
  bool continues(int64_t dim, const Steps& step) const {
    for (int t = 0; t < N; ++t)
      if (steps[rank - 1][t] != dim * step[t]) return false;
    return true;
  }
};

}  // namespace octavo::kernels
