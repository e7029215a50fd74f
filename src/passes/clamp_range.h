// The range of Relu and Clip.
#pragma once

#include <optional>

#include "graph/graph.h"

namespace octavo {

// What a node of QuantRole::clamp clamps to, or nothing for another node, or when the bounds are not constant.
std::optional<Clamp> clamp_range(const Graph& graph, const Node& node);

}  // namespace octavo
