// op(x: float64) → Cast(op(Cast(x))), for operators that compute float32 (OpDef::computes_f32). Casts that meet go
// away.
#pragma once

#include <vector>

#include "graph/graph.h"

namespace octavo {

// Casts the float64 inputs of a node: appends the Casts to `before`. False where it has none, or knows float64.
bool narrow_inputs(Graph& graph, Node& node, std::vector<Node>& before);

// Casts the float32 outputs of such a node to float64: appends the Casts to `behind`. Readers keep what they read.
void widen_outputs(Graph& graph, Node& node, std::vector<Node>& behind);

}  // namespace octavo
