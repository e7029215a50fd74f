#include "train/take_over.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "graph/op_def.h"
#include "graph/qdq.h"
#include "graph/rewriter.h"
#include "ops/evaluate.h"
#include "quant/insert_qdq.h"
#include "quant/qdq.h"

namespace octavo {

namespace {

// A quantized network by the names that the float one has.
class Quantized {
 public:
  Quantized(const Graph& graph, const KernelPolicy& kernels)
      : graph_(graph), kernels_(kernels), uses_(graph) {
    for (ValueId id = 0; id < graph.values.size(); ++id) by_name_[graph[id].name] = id;
    for (const Node& node : graph.nodes) {
      if (!is_quantize(node)) continue;
      const auto qparams = read_qparams(graph, node);
      if (!qparams || !qparams->per_tensor()) continue;
      const auto at = [&](int32_t q) {
        return static_cast<float>(q - qparams->zero_point[0]) * qparams->scale[0];
      };
      ranges_[before(node)] = {at(qparams->qmin), at(qparams->qmax)};
    }
    // An output of the network has given its name to what is dequantized.
    for (const ValueId id : graph.outputs)
      if (const Node* const node = node_behind(id); node && is_dequantize(*node))
        if (const Node* const quantize = node_behind(node->inputs[0]); quantize && is_quantize(*quantize))
          by_name_[graph[id].name] = before(*quantize);
  }

  const ValueRange* range(std::string_view name) const {
    const auto id = by_name_.find(name);
    const auto range = id == by_name_.end() ? ranges_.end() : ranges_.find(id->second);
    return range == ranges_.end() ? nullptr : &range->second;
  }

  // The node that computes the value of that name, or null.
  const Node* producer(std::string_view name) const {
    const auto id = by_name_.find(name);
    return id == by_name_.end() ? nullptr : node_behind(id->second);
  }

  // The node that dequantizes a constant, or null.
  const Node* dequantize(ValueId id) const {
    const Node* const node = node_behind(id);
    return node && is_dequantize(*node) && graph_.constant_input(*node, 0) && read_qparams(graph_, *node)
               ? node
               : nullptr;
  }

  // A constant, or what it is dequantized to; null for what is computed.
  ConstantTensor constant(ValueId id) const {
    if (graph_[id].is_constant()) return graph_[id].constant;
    const Node* const node = dequantize(id);
    if (!node) return nullptr;
    return std::make_shared<const Tensor>(
        std::move(evaluate_node(graph_, *node, operands_of(graph_, *node), kernels_)[0]));
  }

  std::optional<QParams> qparams(const Node& node) const { return read_qparams(graph_, node); }

 private:
  const Node* node_behind(ValueId id) const {
    const uint32_t n = uses_.producer[id];
    return n == Uses::kNone ? nullptr : &graph_.nodes[n];
  }

  // What a node quantizes, before the Clip that keeps integers of few bits to their range.
  ValueId before(const Node& quantize) const {
    const Node* const clip = node_behind(quantize.inputs[0]);
    const auto qparams = read_qparams(graph_, quantize);
    const bool clips = clip && clip->op->name == "Clip" && qparams && qparams->qmax < kNarrow;
    return clips ? clip->inputs[0] : quantize.inputs[0];
  }

  const Graph& graph_;
  const KernelPolicy& kernels_;
  Uses uses_;
  std::map<std::string_view, ValueId> by_name_;
  std::map<ValueId, ValueRange> ranges_;
};

}  // namespace

Ranges take_over(QuantizationPlan& plan, const Graph& graph, const KernelPolicy& kernels) {
  const Quantized quantized(graph, kernels);
  const auto need = [](bool has, std::string_view name) {
    require(has, ErrorCode::invalid_option, "the quantized model that training begins from has none for '{}'",
            name);
  };
  Ranges ranges;
  for (const auto& [id, spec] : plan.values) {
    if (plan.observed(id) != id) continue;
    const ValueRange* const range = quantized.range(plan.graph[id].name);
    need(range, plan.graph[id].name);
    ranges[id] = *range;
  }
  for (uint32_t n = 0; n < plan.graph.nodes.size(); ++n) {
    const Node& node = plan.graph.nodes[n];
    const auto made = std::ranges::find_if(node.outputs, [](ValueId id) { return id != kNoValue; });
    const Node* const same = quantized.producer(plan.graph[*made].name);
    for (uint32_t i = 0; i < node.inputs.size(); ++i) {
      const ValueId id = node.inputs[i];
      if (!is_float_constant(plan.graph, id)) continue;
      const bool has = same && same->op == node.op && same->has_input(i);
      ConstantTensor constant = has ? quantized.constant(same->inputs[i]) : nullptr;
      ConstantTensor& mine = plan.graph[id].constant;
      need(constant && constant->dtype() == DType::f32 && constant->shape() == mine->shape(),
           plan.graph[id].name);
      mine = std::move(constant);
      const auto operand = plan.operands.find({n, i});
      const Node* const dequantize = quantized.dequantize(same->inputs[i]);
      if (!dequantize || operand == plan.operands.end() || operand->second.dtype != DType::s8) continue;
      QuantSpec& spec = operand->second;
      QParams qparams = *quantized.qparams(*dequantize);
      if (qparams.qmax != spec.qmax || qparams.axis != spec.axis || qparams.block != spec.block ||
          std::ranges::any_of(qparams.zero_point, [](int32_t zero) { return zero != 0; }))
        continue;
      qparams.qmin = spec.qmin;
      spec.given = std::move(qparams);
    }
  }
  return ranges;
}

}  // namespace octavo
