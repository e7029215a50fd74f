// What integer convolutions and matrix products do with the scales of their weights.
#pragma once

#include <limits>
#include <vector>

#include "base/kernel_policy.h"
#include "kernels/conv/geometry.h"
#include "kernels/epilogue.h"
#include "ops/activation_params.h"
#include "ops/scratch.h"

namespace octavo {

// Throws Error(unsupported), naming the operator, unless inputs 0 and 1 are uint8 and int8.
void require_u8_and_s8(const InferContext& ctx);

// The constant behind an input, int8 with qparams. Throws Error(invalid_graph) when it is anything else, and
// Error(unsupported) when `depth`, the number of products in a sum, could overflow an int32 accumulator.
const Tensor& int8_weights(const PrepareContext& ctx, int64_t depth, std::size_t input = 1);

// The scale of each of `channels` output channels, which run along `axis` of the weights.
std::vector<float> channel_scales(const PrepareContext& ctx, int axis, int64_t channels);

// The zero_point of each of as many output channels; none where all are 0.
std::vector<int32_t> channel_zero_points(const PrepareContext& ctx, int64_t channels);

// The constants of a RequantizeU8.
struct Requantization {
  std::vector<int32_t> bias;      // with the zero_point of the input folded in
  std::vector<float> multiplier;  // float32(x_scale * w_scale[n] / y_scale), the right-hand side in float64
  ActivationParams out;

  kernels::RequantizeU8 epilogue(uint8_t* y, ptrdiff_t channels) const {
    return {bias.data(), multiplier.data(), out.zero_point, out.qmin, out.qmax, y, channels};
  }
};

// Integer products with weights that have zero points: Σ (x - zx)·(w - zw) = Σ (x - zx)·w - zw · Σ (x - zx). They leave
// the kernels as float32 numbers of output steps, acc · multiplier, which are then rounded: the same bits as those of
// RequantizeU8. The kernels' column sums are the bias.
struct CentredProducts {
  std::vector<int32_t> zero_points;  // by channel; empty where the weights are symmetric

  // Bytes of scratch memory for `requantize`.
  uint64_t workspace(int64_t rows, int64_t channels) const;
  // `multiply(DequantizeF32)` runs the kernel; `sums` are the last sums above, by row.
  template <class Multiply>
  void requantize(const KernelPolicy& policy, const Requantization& r, int64_t rows, const int32_t* sums,
                  uint8_t* y, Scratch& scratch, Multiply multiply) const {
    const auto channels = static_cast<int64_t>(zero_points.size());
    float* const steps = scratch.take<float>(rows * channels);
    multiply(kernels::DequantizeF32{&kOne, &kMinusOne, 0, r.multiplier.data(), nullptr, -kInfinity, kInfinity,
                                    steps, static_cast<ptrdiff_t>(channels), zero_points.data(), sums});
    round_steps(policy, r.out, steps, rows * channels, y);
  }

 private:
  static constexpr float kOne = 1, kInfinity = std::numeric_limits<float>::infinity();
  static constexpr int32_t kMinusOne = -1;

  static void round_steps(const KernelPolicy& policy, const ActivationParams& out, const float* steps,
                          int64_t count, uint8_t* y);
};

// out[r] = Σ_k (x[r][k] - zero_point[r · stride])
void row_sums(const KernelPolicy& policy, const uint8_t* x, int64_t rows, int64_t depth,
              const int32_t* zero_point, int stride, int32_t* out);

// By output position: Σ (x - zero_point) over its window of an image in channels-last order and one
// group; padding adds nothing. The sums lie in `scratch`, of which window_sums_bytes are taken.
const int32_t* window_sums(const KernelPolicy& policy, const kernels::ConvGeometry& g, const uint8_t* x,
                           int32_t zero_point, Scratch& scratch);
uint64_t window_sums_bytes(const kernels::ConvGeometry& g);

// For a node with x, w and an optional bias (int32 constant in units of x_scale * w_scale[n]) as inputs. Throws
// Error(unsupported) for a bias that could overflow a sum of `depth` products: see kernels::max_bias.
Requantization make_requantization(const PrepareContext& ctx, const std::vector<float>& w_scale,
                                   int64_t depth, const int32_t* column_sum);

}  // namespace octavo
