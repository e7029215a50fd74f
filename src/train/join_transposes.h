// Chains of transposes that choose_layout leaves where gradients are laid out anew.
#pragma once

#include "graph/graph.h"

namespace octavo {

// Transpose(Transpose(x)) → Transpose(x), or x; octavo.Extremes(Transpose(x)) → octavo.Extremes(x);
// octavo.QuantizeGradient(Transpose(dy), Transpose(x), s) → Transpose(octavo.QuantizeGradient(dy, x, s)). Returns how
// many nodes changed.
int join_transposes(Graph& graph);

}  // namespace octavo
