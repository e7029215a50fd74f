// Gradients that overwrite what they are made of, so that a step needs little more memory than its activations.
#pragma once

#include "graph/graph.h"

namespace octavo {

// Sets `in_place` (autodiff/ops/in_place.h) of each gradient that may have it: the last one to read its input 0,
// which has memory of its own. The last pass: what reads what, and in which order, stays as it is. Returns how many
// there are.
int mark_in_place(Graph& graph);

}  // namespace octavo
