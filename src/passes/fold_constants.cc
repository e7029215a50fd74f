// f(constants) → constant.
#include <algorithm>

#include "base/error.h"
#include "graph/qdq.h"
#include "graph/rewriter.h"
#include "passes/passes.h"

namespace octavo {

namespace {

bool is_foldable(const Graph& graph, const Node& node, bool fold_dequantize) {
  if (!fold_dequantize && is_dequantize(node)) return false;
  if (node.lowered.observed >= 0 || !node.subgraphs.empty()) return false;
  return std::ranges::all_of(node.inputs,
                             [&](ValueId id) { return id == kNoValue || graph[id].is_constant(); });
}

// Shape(x), where no dimension that it reports is dynamic.
bool is_known_shape(const Graph& graph, const Node& node) {
  return node.op->reads_shape_only() && graph[node.inputs[0]].is_static();
}

void set_constant(Value& value, ConstantTensor constant) {
  static_cast<TensorType&>(value) = constant->type();
  value.constant = std::move(constant);
}

// Whether the node gives a constant the type that it has, as Cast does to weights that a file keeps in 16 bits. The
// tensor is shared.
bool passes_on(const Graph& graph, const Node& node) {
  return node.op->converts && graph[node.inputs[0]].dtype == graph[node.outputs[0]].dtype;
}

void make_constant(Graph& graph, Node& node, const KernelPolicy& kernels) {
  std::vector<Tensor> outputs = evaluate_node(graph, node, operands_of(graph, node), kernels);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (node.outputs[i] == kNoValue) continue;
    set_constant(graph[node.outputs[i]], std::make_shared<const Tensor>(std::move(outputs[i])));
  }
}

}  // namespace

int fold_constants(Graph& graph, KernelPolicy kernels, FoldingBudget& budget, bool fold_dequantize) {
  kernels.fuses_multiply_add = false;
  std::vector<Node> kept;
  for (Node& node : graph.nodes) {
    const bool is_constant = is_foldable(graph, node, fold_dequantize) || is_known_shape(graph, node);
    const std::vector<Operand> inputs = is_constant ? operands_of(graph, node) : std::vector<Operand>();
    if (is_constant && passes_on(graph, node))
      set_constant(graph[node.outputs[0]], graph[node.inputs[0]].constant);
    else if (is_constant && budget.take(infer_node(graph, node, inputs), inputs))
      make_constant(graph, node, kernels);
    else
      kept.push_back(std::move(node));
  }
  const int folded = static_cast<int>(graph.nodes.size() - kept.size());
  graph.nodes = std::move(kept);
  return folded;
}

}  // namespace octavo
