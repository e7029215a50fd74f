#include "kernels/reduce/reduce.h"

#include <algorithm>
#include <functional>

#include "kernels/vectors.h"

namespace octavo::kernels {

namespace {

constexpr int kLanes = 8;

float sum_row(const float* x, int64_t n) {
  const int64_t whole = n - n % kLanes;
  float sum[kLanes] = {};
  for (int64_t i = 0; i < whole; i += kLanes)
    for (int lane = 0; lane < kLanes; ++lane) sum[lane] += x[i + lane];
  for (int64_t i = whole; i < n; ++i) sum[0] += x[i];
  for (int lane = 1; lane < kLanes; ++lane) sum[0] += sum[lane];
  return sum[0];
}

}  // namespace

void mean_f32(const StridedBox<2>& box, const float* x, float* y, int64_t outputs, float divisor) {
  std::fill_n(y, outputs, 0.0f);
  const auto pointers = StridedBox<2>::Pointers{reinterpret_cast<std::byte*>(const_cast<float*>(x)),
                                                reinterpret_cast<std::byte*>(y)};
  // Along the innermost axis elements are neighbours in x, and in y too unless it is reduced.
  box.for_each_row(pointers, [](const auto& p, int64_t n, const auto& steps) {
    const float* from = reinterpret_cast<const float*>(p[0]);
    float* to = reinterpret_cast<float*>(p[1]);
    if (steps[1] == 0) {
      *to += sum_row(from, n);
    } else {
      map(static_cast<size_t>(n), to, std::plus<>(), Run<float>{to}, Run<float>{from});
    }
  });
  map(static_cast<size_t>(outputs), y, [=](Vector<float> v) { return v / divisor; }, Run<float>{y});
}

}  // namespace octavo::kernels
