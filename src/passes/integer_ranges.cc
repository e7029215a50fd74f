#include "passes/integer_ranges.h"

#include "graph/op_def.h"
#include "graph/qdq.h"

namespace octavo {

std::vector<IntegerRange> integer_ranges(const Graph& graph) {
  std::vector<IntegerRange> ranges;
  ranges.reserve(graph.values.size());
  for (const Value& value : graph.values)
    ranges.push_back(value.dtype ? storage_range(*value.dtype) : IntegerRange{});
  for (const Node& node : graph.nodes) {
    const ValueId output = node.outputs[0];
    if (output == kNoValue || !graph[output].dtype) continue;
    if (is_quantize(node) || is_dynamic_quantize(node))
      ranges[output] = integer_range(node, *graph[output].dtype);
    else if (moves_elements(graph, node) && node.has_input(0))
      for (ValueId part : node.outputs)
        if (part != kNoValue && graph[part].dtype == graph[node.inputs[0]].dtype)
          ranges[part] = ranges[node.inputs[0]];
  }
  return ranges;
}

}  // namespace octavo
