#include "train/mark_in_place.h"

#include <algorithm>

#include "autodiff/ops/in_place.h"
#include "graph/op_def.h"

namespace octavo {

namespace {

constexpr std::string_view kInPlaceOperators[] = {"octavo.MaskGradient", "octavo.MaxPoolGradient",
                                                  "octavo.QuantizeGradient"};

// Whose outputs are no views of what they read: what others make may be the memory of something else, and what others
// read may live on in what they make.
constexpr std::string_view kCopying[] = {
    "Add",           "AveragePool", "Conv", "ConvTranspose",  "DequantizeLinear",          "Gemm",
    "MatMul",        "MaxPool",     "Mul",  "QuantizeLinear", "octavo.ConvWeightGradient", "octavo.Extremes",
    "octavo.RowSums"};

}  // namespace

int mark_in_place(Graph& graph) {
  const Uses uses(graph);
  const auto is_in = [](std::span<const std::string_view> names, const Node& node) {
    return std::ranges::find(names, node.op->name) != names.end();
  };
  const auto copies = [&](uint32_t n) {
    return is_in(kCopying, graph.nodes[n]) || is_in(kInPlaceOperators, graph.nodes[n]);
  };
  int marked = 0;
  for (uint32_t n = 0; n < graph.nodes.size(); ++n) {
    Node& node = graph.nodes[n];
    if (!is_in(kInPlaceOperators, node) || node.outputs.size() > 1) continue;
    const ValueId id = node.inputs[0];
    const std::vector<uint32_t>& readers = uses.consumers[id];
    const bool is_last =
        std::ranges::all_of(readers, [&](uint32_t reader) { return reader <= n && copies(reader); });
    const bool has_memory = uses.producer[id] != Uses::kNone && copies(uses.producer[id]) &&
                            std::ranges::find(graph.outputs, id) == graph.outputs.end();
    const bool is_once = std::ranges::count(node.inputs, id) == 1;
    if (!is_last || !has_memory || !is_once) continue;
    node.attrs.set(kInPlace, int64_t{1});
    ++marked;
  }
  return marked;
}

}  // namespace octavo
