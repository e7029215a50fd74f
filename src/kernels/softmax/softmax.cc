#include "kernels/softmax/softmax.h"

#include <algorithm>
#include <limits>

#include "kernels/eltwise/math.h"

namespace octavo::kernels {

namespace {

constexpr float kLowest = -std::numeric_limits<float>::infinity();

// Partial maxima and sums that a row is folded into: two vectors of four.
constexpr int kLanes = 8;

inline float larger(float a, float b) { return a > b ? a : b; }

void softmax_row(const float* x, float* y, int64_t n) {
  const int64_t whole = n - n % kLanes;
  float max[kLanes], sum[kLanes] = {};
  std::fill_n(max, kLanes, kLowest);
  for (int64_t i = 0; i < whole; i += kLanes)
    for (int lane = 0; lane < kLanes; ++lane) max[lane] = larger(x[i + lane], max[lane]);
  for (int64_t i = whole; i < n; ++i) max[0] = larger(x[i], max[0]);
  for (int lane = 1; lane < kLanes; ++lane) max[0] = larger(max[lane], max[0]);

  for (int64_t i = 0; i < n; ++i) y[i] = exp_f32(x[i] - max[0]);
  for (int64_t i = 0; i < whole; i += kLanes)
    for (int lane = 0; lane < kLanes; ++lane) sum[lane] += y[i + lane];
  for (int64_t i = whole; i < n; ++i) sum[0] += y[i];
  for (int lane = 1; lane < kLanes; ++lane) sum[0] += sum[lane];

  for (int64_t i = 0; i < n; ++i) y[i] /= sum[0];
}

// `width` neighbouring columns of n rows, `inner` elements apart.
constexpr int kColumns = 32;

void softmax_columns(const float* x, float* y, int64_t n, int64_t inner, int64_t width) {
  float max[kColumns], sum[kColumns] = {};
  std::fill_n(max, kColumns, kLowest);
  for (int64_t i = 0; i < n; ++i)
    for (int64_t c = 0; c < width; ++c) max[c] = larger(x[i * inner + c], max[c]);
  for (int64_t i = 0; i < n; ++i) {
    const float* from = x + i * inner;
    float* to = y + i * inner;
    for (int64_t c = 0; c < width; ++c) to[c] = exp_f32(from[c] - max[c]);
    for (int64_t c = 0; c < width; ++c) sum[c] += to[c];
  }
  for (int64_t i = 0; i < n; ++i)
    for (int64_t c = 0; c < width; ++c) y[i * inner + c] /= sum[c];
}

}  // namespace

void softmax_f32(const float* x, float* y, int64_t outer, int64_t n, int64_t inner) {
  for (int64_t o = 0; o < outer; ++o, x += n * inner, y += n * inner) {
    if (inner == 1) {
      softmax_row(x, y, n);
    } else {
      for (int64_t c = 0; c < inner; c += kColumns)
        softmax_columns(x + c, y + c, n, inner, std::min<int64_t>(kColumns, inner - c));
    }
  }
}

}  // namespace octavo::kernels
