// The functions of the gates of recurrent networks, as the attributes activations, activation_alpha, activation_beta
// and clip give them.
#pragma once

#include <string_view>

#include "graph/op_def.h"
#include "kernels/eltwise/unary.h"

namespace octavo {

struct RecurrentActivation {
  kernels::UnaryKernel kernel;
  kernels::UnaryParams params;
};

// The most functions of one direction: an LSTM's f, g and h.
inline constexpr int kMostActivations = 3;

struct RecurrentActivations {
  RecurrentActivation functions[2][kMostActivations];  // by direction
  float clip;                                          // infinity where nothing is clipped

  // x = f(clip(x)).
  void apply(const RecurrentActivation& f, float* x, int64_t n) const;
};

// `defaults` names the functions of one direction. Throws Error(invalid_graph) for another number of names, and
// Error(unsupported) for names that ONNX does not have.
RecurrentActivations read_activations(const Attrs& attrs, std::span<const std::string_view> defaults,
                                      int directions);

}  // namespace octavo
