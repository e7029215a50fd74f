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

// Throws Error(invalid_graph), naming the value, when it is not uint8 or has no usable qparams: one finite scale above 0,
// and zero_point, qmin and qmax within 0..255.
ActivationParams activation_params(const Value& value);

// Those of output 0, narrowed by the attributes "qmin" and "qmax" that a folded Relu or Clip leaves.
ActivationParams output_params(const PrepareContext& ctx);

// Throws Error(invalid_graph) unless |multiplier| is below 2^100, so that no product with an integer overflows.
void check_multiplier(float multiplier);

}  // namespace octavo
