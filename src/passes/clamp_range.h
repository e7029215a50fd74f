// The range of Relu and Clip.
#pragma once

#include <optional>

#include "graph/graph.h"

namespace octavo {

struct ClampRange {
  float low, high;  // infinite where there is no bound
};

// What a node of QuantRole::clamp clamps to, or nothing for another node, or when the bounds are not constant.
std::optional<ClampRange> clamp_range(const Graph& graph, const Node& node);

}  // namespace octavo
