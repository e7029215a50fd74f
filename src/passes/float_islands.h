// What stays float in a quantized network, and why.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "passes/passes.h"

namespace octavo {

// By node name: why it has no integer form here.
using Obstacles = std::map<std::string, std::string>;

// Every node of a lowered graph that still computes with floats, other than those that only carry numbers in and out of
// integers.
std::vector<FloatIsland> find_islands(const Graph& graph, const Obstacles& obstacles);

}  // namespace octavo
