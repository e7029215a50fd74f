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

/// e^x within two units in the last place. The C library's exp needs a table of 2 KB, its expm1 none.
double exponential(double x);

/// y[i] = min(max(x[i], lo), hi); NaN passes through. T: float, int8_t, uint8_t, int32_t, int64_t.
template <class T> void clip(const T* x, T* y, int64_t n, T lo, T hi);
template <> void clip(const float* x, float* y, int64_t n, float lo, float hi);

}  // namespace octavo::kernels
