#include "kernels/eltwise/unary.h"

#include <cmath>
#include <numbers>

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

void abs_f32(const float* x, float* y, int64_t n, UnaryParams) {
  map_unary(x, y, n, [](Floats v) { return abs_f32(v); });
}

void neg_f32(const float* x, float* y, int64_t n, UnaryParams) {
  map_unary(x, y, n, [](Floats v) { return -v; });
}

void reciprocal_f32(const float* x, float* y, int64_t n, UnaryParams) {
  map_unary(x, y, n, [](Floats v) { return 1.0f / v; });
}

void floor_f32(const float* x, float* y, int64_t n, UnaryParams) {
  map_unary(x, y, n, [](Floats v) { return __builtin_elementwise_floor(v); });
}

void ceil_f32(const float* x, float* y, int64_t n, UnaryParams) {
  map_unary(x, y, n, [](Floats v) { return __builtin_elementwise_ceil(v); });
}

void round_f32(const float* x, float* y, int64_t n, UnaryParams) {
  map_unary(x, y, n, [](Floats v) { return __builtin_elementwise_nearbyint(v); });
}

void log_f32(const float* x, float* y, int64_t n, UnaryParams) {
  map_unary(x, y, n, [](Floats v) { return log_f32(v); });
}

void erf_f32(const float* x, float* y, int64_t n, UnaryParams) {
  map_unary(x, y, n, [](Floats v) { return erf_f32(v); });
}

void gelu_f32(const float* x, float* y, int64_t n, UnaryParams params) {
  if (params.alpha == 0)
    return map_unary(x, y, n, [](Floats v) { return 0.5f * v * (1.0f + erf_f32(v * 0.707106781f)); });
  // (1 + tanh(u)) / 2 is sigmoid(2 * u), u = sqrt(2 / pi) * (x + 0.044715 * x^3).
  map_unary(x, y, n, [](Floats v) { return v * sigmoid_f32(v * (1.59576912f + 0.0713548163f * (v * v))); });
}

void elu_f32(const float* x, float* y, int64_t n, UnaryParams params) {
  map_unary(x, y, n, [=](Floats v) { return select(v < 0.0f, params.alpha * (exp_f32(v) - 1.0f), v); });
}

void softplus_f32(const float* x, float* y, int64_t n, UnaryParams) {
  map_unary(x, y, n, [](Floats v) {
    const Floats e = exp_f32(-abs_f32(v)), u = 1.0f + e;
    // What rounding of the sum has lost is a fraction of it.
    return larger(v, all<Floats>(0.0f)) + (log_f32(u) + (e - (u - 1.0f)) / u);
  });
}

void mish_f32(const float* x, float* y, int64_t n, UnaryParams) {
  map_unary(x, y, n, [](Floats v) {
    // tanh(ln(1 + e)) = (e^2 + 2 e) / (e^2 + 2 e + 2), which is 1 from e^20 on.
    const Floats e = exp_f32(smaller(v, all<Floats>(20.0f))), t = e * (e + 2.0f);
    return v * (t / (t + 2.0f));
  });
}

void swish_f32(const float* x, float* y, int64_t n, UnaryParams params) {
  map_unary(x, y, n, [=](Floats v) { return v * sigmoid_f32(v * params.alpha); });
}

void clip(const float* x, float* y, int64_t n, float lo, float hi) {
  map_unary(x, y, n, [=](Floats v) { return clamp_between(v, all<Floats>(lo), all<Floats>(hi)); });
}

double exponential(double x) { return x < 0 ? 1 / (std::expm1(-x) + 1) : std::expm1(x) + 1; }

double logarithm(double x) { return std::log10(x) * std::numbers::ln10; }

// erf(x) = 2 / sqrt(pi) * e^(-x^2) * (x + 2 x^3 / 3 + 4 x^5 / (3 * 5) + …).
double error_function(double x) {
  const double z = x * x;
  if (z >= 36) return x < 0 ? -1 : 1;
  double term = x, sum = x;
  for (double n = 3; std::abs(term) > std::abs(sum) * 1e-17; n += 2) sum += term *= 2 * z / n;
  return sum * exponential(-z) * std::numbers::inv_sqrtpi * 2;
}

}  // namespace octavo::kernels
