// A row of floats folded into one: sums, maxima. The order does not depend on the instruction set, so that the result
// is the same bits everywhere.
#pragma once

#include <cstdint>

#include "kernels/unrolled.h"
#include "kernels/vectors.h"

namespace octavo::kernels {

/// Partial results of a row: enough vectors to hide the latency of an addition.
inline constexpr int kFoldLanes = 16;

/// join(… join(start, f(x[i], …)) …) of one or more rows x: element i goes to lane i % 16, and the lanes are joined by
/// halves. f and join take a Vector<float> and a float.
template <class F, class Join, class... Rows>
float fold_row(int64_t n, float start, F f, Join join, const Rows*... x) {
  constexpr auto kStep = static_cast<int>(lanes<float>);
  constexpr int kVectors = kFoldLanes / kStep;
  Vector<float> folds[kVectors];
  unrolled<kVectors>(0, [&](int v) { folds[v] = splat(start); });
  const int64_t whole = n - n % kFoldLanes;
  for (int64_t i = 0; i < whole; i += kFoldLanes)
    unrolled<kVectors>(0, [&](int v) { folds[v] = join(folds[v], f(load(x + i + v * kStep)...)); });
  float each[kFoldLanes];
  unrolled<kVectors>(0, [&](int v) { store(each + v * kStep, folds[v]); });
  for (int64_t i = whole; i < n; ++i) each[i - whole] = join(each[i - whole], f(x[i]...));
  for (int width = kFoldLanes / 2; width > 0; width /= 2)
    for (int lane = 0; lane < width; ++lane) each[lane] = join(each[lane], each[lane + width]);
  return each[0];
}

/// Σ f(x, …).
template <class F, class... Rows> float sum_of(int64_t n, F f, const Rows*... x) {
  return fold_row(n, 0, f, [](auto sum, auto term) { return sum + term; }, x...);
}

}  // namespace octavo::kernels
