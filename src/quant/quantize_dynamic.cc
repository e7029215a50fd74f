#include "quant/quantize_dynamic.h"

#include <map>

#include "base/error.h"
#include "graph/op_def.h"
#include "graph/qdq.h"
#include "graph/rewriter.h"
#include "quant/node_selection.h"
#include "quant/qdq.h"

namespace octavo {

namespace {

constexpr std::string_view kDefaultOps[] = {"Gemm", "MatMul"};

class DynamicQuantizer {
 public:
  DynamicQuantizer(const Graph& graph, const DynamicOptions& options) : graph_(graph), options_(options) {}

  // Quantizes node n. New nodes are appended.
  void quantize(std::size_t n) {
    const Node node = graph_.nodes[n];
    const ValueId weights = dequantized_weights(node);
    const ValueId activation = dequantized_activation(node);
    graph_.nodes[n].inputs[0] = activation;
    graph_.nodes[n].inputs[1] = weights;
  }

  Graph finish() {
    sort_nodes(graph_);
    remove_dead(graph_);
    return std::move(graph_);
  }

 private:
  ValueId dequantized_weights(const Node& node) {
    const QParams qparams = choose_node_weight_qparams(graph_, node, options_);
    const auto [entry, is_new] = weights_.try_emplace({node.inputs[1], qparams.axis}, kNoValue);
    if (is_new) entry->second = add_dequantized_constant(graph_, node.inputs[1], qparams, DType::s8);
    return entry->second;
  }

  ValueId dequantized_activation(const Node& node) {
    const ValueId x = node.inputs[0];
    const bool by_row =
        options_.granularity == Granularity::row && node.op->layout != LayoutRule::channels_last;
    const auto [entry, is_new] = activations_.try_emplace({x, by_row}, kNoValue);
    if (!is_new) return entry->second;

    auto [quantize, dequantize] = make_dynamic_pair(
        graph_, x, by_row ? Granularity::row : Granularity::tensor, options_.activation_qmax());
    entry->second = dequantize.outputs[0];
    graph_.nodes.push_back(std::move(quantize));
    graph_.nodes.push_back(std::move(dequantize));
    return entry->second;
  }

  Graph graph_;
  const DynamicOptions& options_;
  std::map<std::pair<ValueId, int>, ValueId> weights_;       // by constant and axis: dequantized
  std::map<std::pair<ValueId, bool>, ValueId> activations_;  // by value and whether by row: dequantized
};

}  // namespace

Graph quantize_dynamic(const Graph& graph, const DynamicOptions& options) {
  const NodeSelection selection(graph, options, kDefaultOps);
  for (const std::string& name : options.op_types)
    require(get_op(name).quant.role == QuantRole::weighted, ErrorCode::invalid_option, "operator '", name,
            "' has no weights to quantize dynamically");
  DynamicQuantizer quantizer(graph, options);
  for (std::size_t n = 0; n < graph.nodes.size(); ++n)
    if (selection.contains(graph.nodes[n]) && has_float_weights(graph, graph.nodes[n])) quantizer.quantize(n);
  return quantizer.finish();
}

}  // namespace octavo
