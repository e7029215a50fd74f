// Gradients that may overwrite what they are made of.
#pragma once

#include "graph/graph.h"

namespace octavo {

// An attribute of octavo.MaskGradient, octavo.QuantizeGradient and octavo.MaxPoolGradient, which reads and writes the
// same elements of input 0 and output 0: nobody reads input 0 behind the node, which may overwrite it. It has no
// other output.
inline constexpr const char* kInPlace = "in_place";

inline bool is_in_place(const Node& node) { return node.attrs.get_int(kInPlace, 0) != 0; }

}  // namespace octavo
