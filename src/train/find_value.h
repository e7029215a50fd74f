// Values by their names, which passes keep.
#pragma once

#include <algorithm>
#include <string_view>

#include "graph/graph.h"

namespace octavo {

// kNoValue where there is none.
inline ValueId find_value(const Graph& graph, std::string_view name) {
  const auto found = std::ranges::find(graph.values, name, &Value::name);
  return found == graph.values.end() ? kNoValue : static_cast<ValueId>(found - graph.values.begin());
}

}  // namespace octavo
