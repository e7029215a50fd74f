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

// The int32 bias, one value a channel, in units of input_scale · weight_scale[n], which are taken in float32 as quantizers
// write them, unless that leaves the normal numbers. `depth` products are added to each. Or why there is none: what the bias
// would need is more than kernels::max_bias, or the source has another form.
std::expected<Tensor, std::string_view> integer_bias(const BiasSource& source, float input_scale,
                                                     const std::vector<float>& weight_scale, int64_t channels,
                                                     int64_t depth);

}  // namespace octavo
