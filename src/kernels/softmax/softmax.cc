#include "kernels/softmax/softmax.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "kernels/eltwise/math.h"
#include "kernels/eltwise/unary.h"
#include "kernels/fold.h"
#include "kernels/vectors.h"

namespace octavo::kernels {

namespace {

constexpr float kLowest = -std::numeric_limits<float>::infinity();

using Floats = Vector<float>;

// y = e^(x - max), with a maximum of each element or one for all.
[[gnu::noinline]] void exp_of_differences(size_t n, const float* x, const Operand<float>& max, float* y) {
  map(n, y, [](Floats v, Floats m) { return exp_f32(v - m); }, Run<float>{x}, max);
}

// What becomes of y = e^(x - max) with sums of each element or one for all; where it is the logarithm that is wanted,
// x - max - ln sum.
[[gnu::noinline]] void divide(size_t n, const float* x, const Operand<float>& max, const Operand<float>& sum,
                              float* y, bool takes_log) {
  if (takes_log)
    map(n, y, [](Floats v, Floats m, Floats total) { return v - m - total; }, Run<float>{x}, max, sum);
  else
    map(n, y, std::divides<>(), Run<float>{y}, sum);
}

void softmax_row(const float* x, float* y, int64_t n, bool takes_log) {
  const auto same = [](auto v) { return v; };
  // b where neither is larger, or one is NaN.
  const auto larger_of = [](auto b, auto a) { return select(a > b, a, b); };
  const float max = fold_row(n, kLowest, same, larger_of, x);
  const Operand<float> largest(&max, false);
  exp_of_differences(static_cast<size_t>(n), x, largest, y);
  float sum = sum_of(n, same, y);
  if (takes_log) sum = static_cast<float>(logarithm(sum));
  divide(static_cast<size_t>(n), x, largest, Operand<float>(&sum, false), y, takes_log);
}

// `width` neighbouring columns of n rows, `inner` elements apart.
constexpr int kColumns = 32;

void softmax_columns(const float* x, float* y, int64_t n, int64_t inner, size_t width, bool takes_log) {
  float max[kColumns], sum[kColumns] = {};
  std::fill_n(max, kColumns, kLowest);
  const Operand<float> maxima(max, true), sums(sum, true);
  for (int64_t i = 0; i < n; ++i) {
    const auto larger = [](Floats a, Floats b) { return select(a > b, a, b); };  // b where one is NaN
    map(width, max, larger, Run<float>{x + i * inner}, maxima);
  }
  for (int64_t i = 0; i < n; ++i) {
    exp_of_differences(width, x + i * inner, maxima, y + i * inner);
    map(width, sum, std::plus<>(), sums, Run<float>{y + i * inner});
  }
  if (takes_log)
    std::ranges::transform(sum, sum, [](float total) { return static_cast<float>(logarithm(total)); });
  for (int64_t i = 0; i < n; ++i) divide(width, x + i * inner, maxima, sums, y + i * inner, takes_log);
}

void softmax(const float* x, float* y, int64_t outer, int64_t n, int64_t inner, bool takes_log) {
  for (int64_t o = 0; o < outer; ++o, x += n * inner, y += n * inner) {
    if (inner == 1) {
      softmax_row(x, y, n, takes_log);
    } else {
      for (int64_t c = 0; c < inner; c += kColumns)
        softmax_columns(x + c, y + c, n, inner, static_cast<size_t>(std::min<int64_t>(kColumns, inner - c)),
                        takes_log);
    }
  }
}

}  // namespace

void softmax_f32(const float* x, float* y, int64_t outer, int64_t n, int64_t inner) {
  softmax(x, y, outer, n, inner, false);
}

void log_softmax_f32(const float* x, float* y, int64_t outer, int64_t n, int64_t inner) {
  softmax(x, y, outer, n, inner, true);
}

void scale_scores_f32(float* x, int64_t n, float scale, const float* mask) {
  const float zero = 0;
  map(
      static_cast<size_t>(n), x, [=](Floats v, Floats m) { return v * scale + m; }, Run<float>{x},
      Operand<float>(mask != nullptr ? mask : &zero, mask != nullptr));
}

}  // namespace octavo::kernels
