// Functions of one element: y[i] = f(x[i]). x and y may be the same memory.
#pragma once

#include <cstdint>

namespace octavo::kernels {

/// Up to two parameters of a function: slopes, offsets, bounds.
struct UnaryParams {
  float alpha = 0, beta = 0;
};

using UnaryKernel = void (*)(const float* x, float* y, int64_t n, UnaryParams params);

void relu_f32(const float* x, float* y, int64_t n, UnaryParams);
/// x < 0: alpha * x.
void leaky_relu_f32(const float* x, float* y, int64_t n, UnaryParams params);
void sigmoid_f32(const float* x, float* y, int64_t n, UnaryParams);
/// max(0, min(1, alpha * x + beta)).
void hard_sigmoid_f32(const float* x, float* y, int64_t n, UnaryParams params);
/// x * max(0, min(1, x / 6 + 1 / 2)).
void hard_swish_f32(const float* x, float* y, int64_t n, UnaryParams);
void tanh_f32(const float* x, float* y, int64_t n, UnaryParams);
void exp_f32(const float* x, float* y, int64_t n, UnaryParams);
void sqrt_f32(const float* x, float* y, int64_t n, UnaryParams);
void abs_f32(const float* x, float* y, int64_t n, UnaryParams);
void neg_f32(const float* x, float* y, int64_t n, UnaryParams);
void reciprocal_f32(const float* x, float* y, int64_t n, UnaryParams);
void floor_f32(const float* x, float* y, int64_t n, UnaryParams);
void ceil_f32(const float* x, float* y, int64_t n, UnaryParams);
/// To the nearest integer; halves to the even one.
void round_f32(const float* x, float* y, int64_t n, UnaryParams);
void log_f32(const float* x, float* y, int64_t n, UnaryParams);
void erf_f32(const float* x, float* y, int64_t n, UnaryParams);
/// x / 2 * (1 + erf(x / sqrt(2))); where alpha is not 0, with the tanh that is near to that.
void gelu_f32(const float* x, float* y, int64_t n, UnaryParams params);
/// x < 0: alpha * (e^x - 1).
void elu_f32(const float* x, float* y, int64_t n, UnaryParams params);
/// ln(1 + e^x), accurate in both tails.
void softplus_f32(const float* x, float* y, int64_t n, UnaryParams);
/// x * tanh(softplus(x)).
void mish_f32(const float* x, float* y, int64_t n, UnaryParams);
/// x * sigmoid(alpha * x).
void swish_f32(const float* x, float* y, int64_t n, UnaryParams params);

/// e^x within two units in the last place. The C library's exp needs a table of 2 KB, its expm1 none.
double exponential(double x);
/// ln x and erf(x), for the same reason not those of the C library.
double logarithm(double x);
double error_function(double x);

/// y[i] = min(max(x[i], lo), hi); NaN passes through.
void clip(const float* x, float* y, int64_t n, float lo, float hi);

}  // namespace octavo::kernels
