#include "passes/clamp_range.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "graph/op_def.h"

namespace octavo {

std::optional<Clamp> clamp_range(const Graph& graph, const Node& node) {
  if (node.op->quant.role != QuantRole::clamp || !graph.knows_ranks(node)) return std::nullopt;
  if (node.op->name == "Relu") return Clamp{0};
  Clamp range;
  float* bounds[] = {&range.low, &range.high};
  for (std::size_t i : {1, 2}) {
    if (!node.has_input(i)) continue;
    const Tensor* bound = graph.constant_input(node, i);
    if (bound == nullptr || bound->dtype() != DType::f32) return std::nullopt;
    *bounds[i - 1] = bound->span<float>()[0];
  }
  if (std::isnan(range.low) || std::isnan(range.high)) return std::nullopt;
  range.low = std::min(range.low, range.high);  // min(max(x, low), high) is high where the two are swapped
  return range;
}

}  // namespace octavo
