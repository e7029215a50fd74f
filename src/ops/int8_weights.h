// What integer convolutions and matrix products do with the scales of their weights.
#pragma once

#include <vector>

#include "kernels/epilogue.h"
#include "ops/activation_params.h"

namespace octavo {

// The constant behind input 1, int8 with symmetric qparams. Throws Error(invalid_graph) when it is anything else, and
// Error(unsupported) when `depth`, the number of products in a sum, could overflow an int32 accumulator.
const Tensor& int8_weights(const PrepareContext& ctx, int64_t depth);

// The scale of each of `channels` output channels, which run along `axis` of the weights.
std::vector<float> channel_scales(const PrepareContext& ctx, int axis, int64_t channels);

// The constants of a RequantizeU8.
struct Requantization {
  std::vector<int32_t> bias;      // with the zero_point of the input folded in
  std::vector<float> multiplier;  // float32(x_scale * w_scale[n] / y_scale), the right-hand side in float64
  ActivationParams out;

  kernels::RequantizeU8 epilogue(uint8_t* y, ptrdiff_t channels) const {
    return {bias.data(), multiplier.data(), out.zero_point, out.qmin, out.qmax, y, channels};
  }
};

// For a node with x, w and an optional bias (int32 constant in units of x_scale * w_scale[n]) as inputs. Throws
// Error(unsupported) for a bias that could overflow a sum of `depth` products: see kernels::max_bias.
Requantization make_requantization(const PrepareContext& ctx, const std::vector<float>& w_scale,
                                   int64_t depth, const int32_t* column_sum);

}  // namespace octavo
