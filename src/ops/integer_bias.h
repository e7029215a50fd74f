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

// What the integers around an accumulator mean.
struct AccumulatorScales {
  float input;
  const std::vector<float>& weights;  // one, or one a channel
  float output;
};

// The int32 bias, one value a channel, in units of the accumulator: input scale · weight scale, in float32 as quantizers
// write it, unless that leaves the normal numbers. `depth` products are added to each. Or why there is none: the bias is
// above kernels::max_bias, rounding it to the unit is seen in the output, or the source has another form.
std::expected<Tensor, std::string_view> integer_bias(const BiasSource& source,
                                                     const AccumulatorScales& scales, int64_t channels,
                                                     int64_t depth);

}  // namespace octavo
