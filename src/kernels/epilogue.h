// What happens to an int32 accumulator before it is stored; every integer kernel family ends in one of these.
#pragma once

#include <cstddef>
#include <cstdint>

namespace octavo::kernels {

/// out[r][n] = clamp(round_half_even(float(acc[r][n] + bias[n]) * multiplier[n]) + zero_point, qmin, qmax) as u8,
/// the ONNX QLinearConv/QLinearMatMul equation with multiplier[n] = a_scale * w_scale[n] / out_scale in float32.
/// `acc` is the plain Σ activation·weight: the input zero point belongs into `bias` (see fold_zero_point).
/// Multipliers are finite. 0 <= qmin <= qmax <= 255 and 0 <= zero_point <= 255: activations are always stored 0..255.
struct RequantizeU8 {
  const int32_t* bias;      ///< [n], never null
  const float* multiplier;  ///< [n]
  int32_t zero_point;
  int32_t qmin, qmax;
  uint8_t* out;
  ptrdiff_t ldc;  ///< elements from one output row (pixel) to the next
};

/// out[r][n] = clamp(float(acc[r][n] - a_zero_point[r] * column_sum[n] - a_sum[r] * w_zero_point[n])
///                   * (a_scale[r] * w_scale[n]) + bias[n], lo, hi),
/// each float operation rounded by itself, so that every kernel gives the same bits.
/// `row_param_stride` is 1 for parameters per row (per token) and 0 for one pair for the whole tensor.
/// Σ (a - za)·(w - zw) = Σ a·w - za · Σ w - zw · Σ (a - za): `a_sum[r]` is the last of these sums.
struct DequantizeF32 {
  const float* a_scale;
  const int32_t* a_zero_point;
  int row_param_stride;
  const float* w_scale;  ///< [n]
  const float* bias;     ///< [n] or null for zeros
  float lo, hi;          ///< -inf, +inf for no clamp; NaN passes through
  float* out;
  ptrdiff_t ldc;
  const int32_t* w_zero_point = nullptr;  ///< [n] or null for zeros
  const int32_t* a_sum = nullptr;         ///< [r], there where w_zero_point is
};

/// Float output: out[r][n] = clamp(acc[r][n] + bias[n], lo, hi). NaN passes through.
struct BiasClampF32 {
  const float* bias;  ///< [n] or null for zeros
  float lo, hi;
  float* out;
  ptrdiff_t ldc;
};

/// out[i] = bias[i] - a_zero_point * column_sum[i]: makes Σ (a - a_zero_point)·w out of Σ a·w. `bias` may be null.
inline void fold_zero_point(const int32_t* bias, const int32_t* column_sum, int32_t a_zero_point, int n,
                            int32_t* out) {
  for (int i = 0; i < n; ++i) out[i] = (bias ? bias[i] : 0) - a_zero_point * column_sum[i];
}

/// The same epilogue for outputs that start at (row, column) of the ones described.
inline RequantizeU8 shifted(RequantizeU8 e, int64_t row, int column) {
  e.bias += column;
  e.multiplier += column;
  e.out += row * e.ldc + column;
  return e;
}

inline DequantizeF32 shifted(DequantizeF32 e, int64_t row, int column) {
  e.a_scale += row * e.row_param_stride;
  e.a_zero_point += row * e.row_param_stride;
  e.w_scale += column;
  if (e.bias) e.bias += column;
  if (e.w_zero_point) {
    e.w_zero_point += column;
    e.a_sum += row;
  }
  e.out += row * e.ldc + column;
  return e;
}

inline BiasClampF32 shifted(BiasClampF32 e, int64_t row, int column) {
  if (e.bias) e.bias += column;
  e.out += row * e.ldc + column;
  return e;
}

/// Longest reduction whose int32 accumulator cannot overflow: 255 * 128 * 65536 < 2^31 - 2^23.
inline constexpr int max_reduction = 65536;

/// Largest |bias|, in units of the accumulator, that a sum of `depth` <= max_reduction products has room for: what
/// |Σ (a - a_zero_point)·w| <= 255 * 128 * depth leaves of int32. At any depth that is 2^23 - 1 at least.
constexpr int32_t max_bias(int64_t depth) { return static_cast<int32_t>(0x7fffffff - 255 * 128 * depth); }
static_assert(max_bias(max_reduction) == (1 << 23) - 1);

/// The range of the activations that a kernel must take: all of u8, or 0..127 (PyTorch's reduce_range).
enum class ActivationRange : uint8_t { u8, u7 };

}  // namespace octavo::kernels
