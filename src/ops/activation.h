// The clamp that a Relu or Clip leaves on the operator it was folded into.
#pragma once

#include <limits>

#include "graph/attrs.h"

namespace octavo {

// Bounds of the output; infinite where nothing was folded in.
struct Activation {
  float lo, hi;

  explicit Activation(const Attrs& attrs)
      : lo(attrs.get_float("activation_min", -std::numeric_limits<float>::infinity())),
        hi(attrs.get_float("activation_max", std::numeric_limits<float>::infinity())) {}
};

}  // namespace octavo
