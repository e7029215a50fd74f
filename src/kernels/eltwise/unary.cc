#include "kernels/eltwise/unary.h"

#include <cmath>

#include "kernels/eltwise/math.h"
#include "kernels/vectors.h"

namespace octavo::kernels {

namespace {

using Floats = Vector<float>;

template <class F> void map_unary(const float* x, float* y, int64_t n, F f) {
  map(static_cast<size_t>(n), y, f, Run<float>{x});
}

// max(0, min(1, x)); NaN passes through.
inline Floats unit_clamp(Floats x) { return clamp_between(x, all<Floats>(0.0f), all<Floats>(1.0f)); }

inline Floats sqrt_of(Floats x) {
#if OCTAVO_SIMD
  return __builtin_elementwise_sqrt(x);
#else
  return std::sqrt(x);
#endif
}

}  // namespace

void relu_f32(const float* x, float* y, int64_t n, UnaryParams) {
  map_unary(x, y, n, [](Floats v) { return larger(v, all<Floats>(0.0f)); });
}

void leaky_relu_f32(const float* x, float* y, int64_t n, UnaryParams params) {
  map_unary(x, y, n, [=](Floats v) { return select(v < 0.0f, v * params.alpha, v); });
}

void sigmoid_f32(const float* x, float* y, int64_t n, UnaryParams) {
  map_unary(x, y, n, [](Floats v) { return sigmoid_f32(v); });
}

void hard_sigmoid_f32(const float* x, float* y, int64_t n, UnaryParams params) {
  map_unary(x, y, n, [=](Floats v) { return unit_clamp(v * params.alpha + params.beta); });
}

void hard_swish_f32(const float* x, float* y, int64_t n, UnaryParams) {
  map_unary(x, y, n, [](Floats v) { return v * unit_clamp(v * (1.0f / 6.0f) + 0.5f); });
}

void tanh_f32(const float* x, float* y, int64_t n, UnaryParams) {
  map_unary(x, y, n, [](Floats v) { return tanh_f32(v); });
}

void exp_f32(const float* x, float* y, int64_t n, UnaryParams) {
  map_unary(x, y, n, [](Floats v) { return exp_f32(v); });
}

void sqrt_f32(const float* x, float* y, int64_t n, UnaryParams) { map_unary(x, y, n, sqrt_of); }

template <> void clip(const float* x, float* y, int64_t n, float lo, float hi) {
  map_unary(x, y, n, [=](Floats v) { return clamp_between(v, all<Floats>(lo), all<Floats>(hi)); });
}

// Of integers there are few.
template <class T> void clip(const T* x, T* y, int64_t n, T lo, T hi) {
  for (int64_t i = 0; i < n; ++i) {
    const T v = x[i] < lo ? lo : x[i];
    y[i] = v > hi ? hi : v;
  }
}

template void clip(const int8_t*, int8_t*, int64_t, int8_t, int8_t);
template void clip(const uint8_t*, uint8_t*, int64_t, uint8_t, uint8_t);
template void clip(const int32_t*, int32_t*, int64_t, int32_t, int32_t);
template void clip(const int64_t*, int64_t*, int64_t, int64_t, int64_t);

double exponential(double x) { return x < 0 ? 1 / (std::expm1(-x) + 1) : std::expm1(x) + 1; }

}  // namespace octavo::kernels
