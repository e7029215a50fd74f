#include "quant/plan_static.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "graph/op_def.h"
#include "graph/rewriter.h"
#include "quant/equalize.h"
#include "quant/node_selection.h"
#include "quant/products.h"
#include "quant/qdq.h"
#include "quant/smooth_quant.h"
#include "quant/value_range.h"

namespace octavo {

namespace {

class StaticPlanner {
 public:
  StaticPlanner(const Graph& graph, const StaticOptions& options)
      : graph_(graph),
        options_(options),
        uses_(graph),
        selection_(graph, options),
        products_(graph),
        is_read_(graph.values.size()) {
    plan_.graph = graph;
  }

  QuantizationPlan plan() {
    for (uint32_t n = 0; n < graph_.nodes.size(); ++n)
      if (selection_.contains(graph_.nodes[n])) add(n);
    leave_unread_in_float();
    // Nodes are in topological order, so ranges travel down whole chains.
    for (const Node& node : graph_.nodes)
      if (selection_.contains(node)) pass_on(node);
    if (options_.equalize) plan_equalization(plan_);
    if (options_.smoothing > 0) plan_smoothing(plan_, options_.smoothing);
    return std::move(plan_);
  }

 private:
  bool is_float(ValueId id) const { return is_float_activation(graph_, id); }

  // Notes what a selected node needs quantized.
  void add(uint32_t n) {
    const Node& node = graph_.nodes[n];
    const QuantRule& rule = node.op->quant;
    if (rule.result != ResultRole::activation || !is_float(node.outputs[0]) || !has_quantizable_inputs(node))
      return;
    if (rule.clamp && is_part_of_producer(node)) return;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) add_input(n, i);
    if (rule.requantizes()) requantized_.push_back(n);
    const Node* clamp = clamp_behind(n);
    quantize(clamp ? clamp->outputs[0] : node.outputs[0]);
  }

  void add_input(uint32_t n, std::size_t i) {
    const Node& node = graph_.nodes[n];
    const OperandId operand{n, static_cast<uint32_t>(i)};
    switch (node.op->quant.role(i)) {
      case OperandRole::activation:
        if (is_float(node.inputs[i])) {
          quantize(node.inputs[i]);
          is_read_[node.inputs[i]] = true;
        } else
          plan_.operands[operand] = {.source = RangeSource::constant, .qmax = options_.activation_qmax()};
        break;
      case OperandRole::weight:
        plan_.operands[operand] = weight_spec(graph_, node, node.inputs[i], options_);
        observe_products(operand, plan_.operands[operand]);
        break;
      case OperandRole::bias:
        if (has_channel_bias(graph_, node))
          plan_.operands[operand] = {.source = RangeSource::constant, .dtype = DType::s32};
        break;
      case OperandRole::untouched: break;
    }
  }

  void quantize(ValueId id) {
    plan_.values[id] = {.qmax = options_.activation_qmax(), .observer = options_.observer};
  }

  // Lets a weight be rounded, and its bias be corrected, by what it is multiplied with, as far as there is room for that.
  void observe_products(const OperandId& operand, QuantSpec& spec) {
    const Node& node = graph_.nodes[operand.node];
    if (!product_size(graph_, node, node.inputs[operand.input])) return;
    spec.corrects_bias = options_.bias_correction && has_channel_bias(graph_, node);
    if (options_.rounding == Rounding::gptq && products_.has_room_for(operand))
      spec.rounding = Rounding::gptq;
  }

  // Every activation is computed or a finite float32 constant, and one at least is computed; the weight is a float32
  // constant.
  bool has_quantizable_inputs(const Node& node) const {
    if (node.op->quant.has_weight()) return has_float_weights(graph_, node);
    bool any = false;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (node.op->quant.role(i) != OperandRole::activation) continue;
      any |= is_float(node.inputs[i]);
      if (is_float(node.inputs[i])) continue;
      if (!is_float_constant(graph_, node.inputs[i])) return false;
      const ValueRange range = find_range(graph_[node.inputs[i]].constant->span<float>());
      if (!std::isfinite(range.min) || !std::isfinite(range.max)) return false;
    }
    return any;
  }

  // The clamp that belongs to node n, or null.
  const Node* clamp_behind(uint32_t n) const {
    const Node& node = graph_.nodes[n];
    const uint32_t consumer = uses_.only_consumer(node.outputs[0]);
    if (consumer == Uses::kNone || !node.op->quant.requantizes()) return nullptr;
    const Node& clamp = graph_.nodes[consumer];
    const bool belongs =
        clamp.inputs[0] == node.outputs[0] && clamp_of(graph_, clamp) && !selection_.excludes(clamp);
    return belongs ? &clamp : nullptr;
  }

  // True for a clamp that belongs to a node which is quantized.
  bool is_part_of_producer(const Node& clamp) const {
    const uint32_t producer = uses_.producer[clamp.inputs[0]];
    return producer != Uses::kNone && clamp_behind(producer) == &clamp &&
           std::ranges::binary_search(requantized_, producer);
  }

  // A product that nobody reads as integers, such as logits, stays as it comes where its operator has that form.
  void leave_unread_in_float() {
    for (std::size_t n = graph_.nodes.size(); n-- > 0;) {
      const Node& node = graph_.nodes[n];
      const ValueId result = node.outputs[0];
      if (moves_elements(graph_, node))
        for (ValueId to : node.outputs)
          if (to != kNoValue && is_read_[to]) is_read_[node.inputs[0]] = true;
      if (node.op->quant.form(DType::u8, DType::f32) && result != kNoValue && !is_read_[result])
        plan_.values.erase(result);
    }
  }

  void pass_on(const Node& node) {
    const ValueId from = node.inputs[0];
    if (!moves_elements(graph_, node) || !is_float(from) || !plan_.values.contains(from)) return;
    QuantSpec spec = plan_.values[from];
    spec.range_of = plan_.observed(from);
    for (ValueId to : node.outputs)
      if (to != kNoValue && is_float(to)) plan_.values[to] = spec;
  }

  const Graph& graph_;
  const StaticOptions& options_;
  Uses uses_;
  NodeSelection selection_;
  QuantizationPlan plan_;
  ObservedProducts products_;
  std::vector<uint32_t> requantized_;  // planned nodes that may have a clamp
  Flags is_read_;                      // by value: whether somebody reads it as integers
};

}  // namespace

QuantizationPlan plan_static(const Graph& graph, const StaticOptions& options) {
  make_observer(options.observer);
  require(options.smoothing >= 0 && options.smoothing <= 1, ErrorCode::invalid_option,
          "smoothQuant must be true, false or a number from 0 to 1");
  for (const std::string& name : options.op_types)
    if (const OpDef* op = find_op(name); op && op->quant.is_quantizable())
      require(op->quant.result != ResultRole::untouched, ErrorCode::invalid_option,
              "operator '{}' can only be quantized dynamically", name);
  return StaticPlanner(graph, options).plan();
}

}  // namespace octavo
