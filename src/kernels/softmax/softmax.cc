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

void softmax_row(const float* x, float* y, int64_t n, bool takes_log) {
  const auto same = [](auto v) { return v; };
  // b where neither is larger, or one is NaN.
  const auto larger_of = [](auto b, auto a) { return select(a > b, a, b); };
  const Floats largest = all<Floats>(fold_row(x, n, kLowest, same, larger_of));
  map(static_cast<size_t>(n), y, [&](Floats v) { return exp_f32(v - largest); }, Run<float>{x});
  const float sum = sum_of(y, n, same);
  const Floats total = all<Floats>(takes_log ? static_cast<float>(logarithm(sum)) : sum);
  if (takes_log)
    return map(static_cast<size_t>(n), y, [&](Floats v) { return v - largest - total; }, Run<float>{x});
  map(static_cast<size_t>(n), y, [&](Floats v) { return v / total; }, Run<float>{y});
}

// `width` neighbouring columns of n rows, `inner` elements apart.
constexpr int kColumns = 32;

void softmax_columns(const float* x, float* y, int64_t n, int64_t inner, size_t width, bool takes_log) {
  float max[kColumns], sum[kColumns] = {};
  std::fill_n(max, kColumns, kLowest);
  const Run<float> maxima{max}, sums{sum};
  for (int64_t i = 0; i < n; ++i) {
    const auto larger = [](Floats a, Floats b) { return select(a > b, a, b); };  // b where one is NaN
    map(width, max, larger, Run<float>{x + i * inner}, maxima);
  }
  for (int64_t i = 0; i < n; ++i) {
    const Run<float> from{x + i * inner}, to{y + i * inner};
    map(width, y + i * inner, [](Floats v, Floats m) { return exp_f32(v - m); }, from, maxima);
    map(width, sum, std::plus<>(), sums, to);
  }
  if (takes_log)
    std::ranges::transform(sum, sum, [](float total) { return static_cast<float>(logarithm(total)); });
  for (int64_t i = 0; i < n; ++i) {
    const Run<float> from{x + i * inner}, to{y + i * inner};
    if (takes_log)
      map(
          width, y + i * inner, [](Floats v, Floats m, Floats total) { return v - m - total; }, from, maxima,
          sums);
    else
      map(width, y + i * inner, std::divides<>(), to, sums);
  }
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
