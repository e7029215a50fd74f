// macs of every node, with inputs of size 1 wherever they are dynamic.
#include <limits>

#include "base/error.h"
#include "graph/op_def.h"
#include "passes/passes.h"

namespace octavo {

namespace {

// What shapes depend on becomes constant, so that the shapes behind it follow.
void infer_all_shapes(Graph& graph, const KernelPolicy& kernels) {
  FoldingBudget budget(graph);
  do {
    infer_shapes(graph);
  } while (fold_constants(graph, kernels, budget, /*fold_dequantize=*/false) > 0);
}

int64_t sum_macs(const Graph& graph, NodeTest* counts) {
  int64_t macs = 0;
  for (const Node& node : graph.nodes) {
    const std::vector<Operand> inputs = operands_of(graph, node), outputs = infer_node(graph, node, inputs);
    if (!outputs[0].shape || !outputs[0].shape->is_static()) return -1;
    if (node.op->macs == nullptr || (counts != nullptr && !counts(graph, node))) continue;
    const int64_t more = node.op->macs({node, inputs, outputs});
    if (__builtin_add_overflow(macs, more, &macs)) return std::numeric_limits<int64_t>::max();
  }
  return macs;
}

}  // namespace

int64_t count_macs(Graph graph, const KernelPolicy& kernels, NodeTest* counts) {
  for (ValueId id : graph.inputs) {
    if (!graph[id].shape) return -1;
    std::ranges::replace(graph[id].shape->dims, kDynamic, int64_t{1});
  }
  try {
    infer_all_shapes(graph, kernels);
    return sum_macs(graph, counts);
  } catch (const Error&) {
    return -1;
  }
}

}  // namespace octavo
