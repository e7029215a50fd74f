// Which integers a tensor may hold, whatever they mean.
#pragma once

#include <vector>

#include "graph/graph.h"

namespace octavo {

// By value: all of its type, or what is left of it by the QuantizeLinear that makes it or by the one behind operators
// that only move elements. A DequantizeLinear that claims a narrower range narrows nothing.
std::vector<IntegerRange> integer_ranges(const Graph& graph);

}  // namespace octavo
