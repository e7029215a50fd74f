// Activations that a file stores as int8 become uint8, the one form that integer kernels read.
#pragma once

#include "graph/graph.h"

namespace octavo {

// Q(x, s, z as int8) → Q(x, s, z + 128 as uint8) together with every DQ that reads it, directly or through operators
// that only move elements; DQ of a constant that operators take as an activation, too. The floats that come out are the
// same. Graph outputs stay int8. Returns the number of tensors shifted.
int shift_to_unsigned(Graph& graph);

}  // namespace octavo
