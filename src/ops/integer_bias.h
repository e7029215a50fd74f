// The bias of a weighted operator as its accumulators count.
#pragma once

#include <expected>
#include <string_view>

#include "tensor/qparams.h"
#include "tensor/tensor.h"

namespace octavo {

// A constant bias: float32, or int32 with qparams.
struct BiasSource {
  const Tensor& bias;
  const QParams* qparams;  // null for float32
};

// Products in each sum of a weighted operator, whose weights have output channels along `channel_axis`.
int64_t products_per_sum(const Shape& weights, int channel_axis);

// The accumulators that a bias is added to.
struct BiasTarget {
  float input_scale;
  const std::vector<float>& weight_scale;  // one, or one a channel
  int64_t channels;
  int64_t depth;    // products added to each
  float tolerance;  // how far off a rounded bias may be
};

// The int32 bias, one value a channel, in units of the accumulator: input_scale · weight_scale[n], in float32 as
// quantizers write it, unless that leaves the normal numbers. Or why there is none: the bias is above
// kernels::max_bias, the unit rounds it by more than the tolerance, or the source has another form.
std::expected<Tensor, std::string_view> integer_bias(const BiasSource& source, const BiasTarget& target);

}  // namespace octavo
