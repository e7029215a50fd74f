// What the integers of an operator's activations mean, read while the node is prepared.
#pragma once

#include <cstdint>

#include "graph/op_def.h"

namespace octavo {

// qparams of a uint8 activation with one scale.
struct ActivationParams {
  float scale = 1;
  int32_t zero_point = 0;
  int32_t qmin = 0, qmax = 255;
};

// Those of input i. Throws Error(invalid_graph), naming the value, when it is not uint8 or has no usable qparams: one
// finite scale above 0, and zero_point, qmin and qmax within 0..255.
ActivationParams input_params(const PrepareContext& ctx, std::size_t i);

// The same of output 0.
ActivationParams output_params(const PrepareContext& ctx);

// The ratio of scales as a float multiplier of integers. Above 2^96, where a product could overflow, any multiplier
// turns every integer but 0 into one that saturates.
float to_multiplier(double ratio);

}  // namespace octavo
