#include <algorithm>

#include "graph/op_def.h"
#include "graph/qdq.h"
#include "graph/rewriter.h"
#include "passes/passes.h"

namespace octavo {

namespace {

// How much has changed.
int simplify_graph(Graph& graph, const KernelPolicy& kernels, bool folds_normalization) {
  FoldingBudget budget(graph);
  int all = 0, changes = 0;
  do {
    changes = 0;
    // What bodies take from outside has a type first.
    infer_shapes(graph);
    for (Node& node : graph.nodes)
      for (Subgraph& body : node.subgraphs)
        changes += simplify_graph(body.graph, kernels, folds_normalization);
    // Weights in Constant nodes and behind Reshape or Cast become constants first: the passes below look for those.
    changes += fold_constants(graph, kernels, budget, /*fold_dequantize=*/false);
    changes += settle_captures(graph);
    changes += sink_quantizers(graph);
    // Passes ask who else reads a value: nodes that nobody reads, and outputs, do not count.
    changes += inline_branches(graph);
    changes += remove_dead(graph);
    changes += remove_identities(graph);
    changes += settle_sizes(graph);
    changes += unwrap_layout(graph);
    changes += fold_affine_into_conv(graph, folds_normalization);
    changes += recognise_hard_swish(graph);
    changes += recognise_integer_products(graph);
    changes += recentre_weights(graph);
    // A constant tells shapes, and a shape makes constants. What is written and read again has nothing left to
    // simplify.
    all += changes;
  } while (changes > 0);
  return all;
}

}  // namespace

void simplify(Graph& graph, const KernelPolicy& kernels, bool folds_normalization) {
  simplify_graph(graph, kernels, folds_normalization);
}

bool computes_with_integers(const Graph& graph, const Node& node) {
  if (node.op->is_own()) return node.lowered.observed < 0;
  return graph[node.outputs[0]].dtype == DType::u8 && !is_qdq(node);
}

namespace {

bool has_node(const Graph& graph, NodeTest* fits) {
  return std::ranges::any_of(graph.nodes, [&](const Node& node) {
    const auto in_body = [&](const Subgraph& body) { return has_node(body.graph, fits); };
    return fits(graph, node) || std::ranges::any_of(node.subgraphs, in_body);
  });
}

bool multiplies_float_weights(const Graph& graph, const Node& node) {
  const auto weight = node.op->quant.input_of(OperandRole::weight);
  if (!weight || node.op->macs == nullptr) return false;
  const Tensor* const constant = graph.constant_input(node, *weight);
  return constant != nullptr && constant->dtype() == DType::f32;
}

// Whether all is integers, but for a little.
bool is_int8(const Graph& lowered, const KernelPolicy& kernels) {
  if (!has_node(lowered, computes_with_integers)) return false;
  if (!has_node(lowered, multiplies_float_weights)) return true;
  const auto floats = static_cast<double>(count_macs(lowered, kernels, multiplies_float_weights)),
             integers = static_cast<double>(count_macs(lowered, kernels, computes_with_integers));
  return floats > 0 &&
         floats <= kMostFloatWork * integers;  // those of bodies, which may run any number of times, are 0
}

}  // namespace

KernelPolicy run_policy(const Graph& lowered, KernelPolicy engine) {
  engine.fuses_multiply_add = !is_int8(lowered, engine);
  return engine;
}

std::vector<FloatIsland> lower(Graph& graph, const KernelPolicy& kernels) {
  for (Node& node : graph.nodes)
    for (Subgraph& body : node.subgraphs) lower(body.graph, kernels);
  // What files spell out, as no older runtime than this knows it: the graph keeps its nodes.
  recognise_gates(graph);
  recognise_normalizations(graph);
  recognise_rotary(graph);
  recognise_attention(graph);
  // Layout next: afterwards every transpose that is left stands beside Q and DQ, not between DQ, op and Q.
  choose_layout(graph);
  std::vector<FloatIsland> islands = lower_qdq(graph);
  // Quantized weights whose operator stayed float are expanded once, here, and not in every run.
  FoldingBudget budget(graph);
  fold_constants(graph, kernels, budget, /*fold_dequantize=*/true);
  fuse_activations(graph);
  remove_dead(graph);
  return islands;
}

}  // namespace octavo
