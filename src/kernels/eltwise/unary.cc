#include "kernels/eltwise/unary.h"

#include <cmath>

#include "kernels/eltwise/math.h"

namespace octavo::kernels {

namespace {

template <class F> void map(const float* x, float* y, int64_t n, F f) {
  for (int64_t i = 0; i < n; ++i) y[i] = f(x[i]);
}

// max(0, min(1, x)); NaN passes through.
inline float unit_clamp(float x) {
  x = x < 0.0f ? 0.0f : x;
  return x > 1.0f ? 1.0f : x;
}

}  // namespace

void relu_f32(const float* x, float* y, int64_t n, UnaryParams) {
  map(x, y, n, [](float v) { return v < 0.0f ? 0.0f : v; });
}

void leaky_relu_f32(const float* x, float* y, int64_t n, UnaryParams params) {
  map(x, y, n, [=](float v) { return v < 0.0f ? v * params.alpha : v; });
}

void sigmoid_f32(const float* x, float* y, int64_t n, UnaryParams) {
  map(x, y, n, [](float v) { return sigmoid_f32(v); });
}

void hard_sigmoid_f32(const float* x, float* y, int64_t n, UnaryParams params) {
  map(x, y, n, [=](float v) { return unit_clamp(v * params.alpha + params.beta); });
}

void hard_swish_f32(const float* x, float* y, int64_t n, UnaryParams) {
  map(x, y, n, [](float v) { return v * unit_clamp(v * (1.0f / 6.0f) + 0.5f); });
}

void tanh_f32(const float* x, float* y, int64_t n, UnaryParams) {
  map(x, y, n, [](float v) { return tanh_f32(v); });
}

void exp_f32(const float* x, float* y, int64_t n, UnaryParams) {
  map(x, y, n, [](float v) { return exp_f32(v); });
}

void sqrt_f32(const float* x, float* y, int64_t n, UnaryParams) {
  map(x, y, n, [](float v) { return std::sqrt(v); });
}

template <class T> void clip(const T* x, T* y, int64_t n, T lo, T hi) {
  for (int64_t i = 0; i < n; ++i) {
    const T v = x[i] < lo ? lo : x[i];
    y[i] = v > hi ? hi : v;
  }
}

template void clip(const float*, float*, int64_t, float, float);
template void clip(const int8_t*, int8_t*, int64_t, int8_t, int8_t);
template void clip(const uint8_t*, uint8_t*, int64_t, uint8_t, uint8_t);
template void clip(const int32_t*, int32_t*, int64_t, int32_t, int32_t);
template void clip(const int64_t*, int64_t*, int64_t, int64_t, int64_t);

}  // namespace octavo::kernels
