#include "quant/plan_static.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "graph/bias_sum.h"
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
        is_integer_(graph.nodes.size()),
        is_read_(graph.values.size()) {
    plan_.graph = graph;
    quantizes_.reserve(graph.nodes.size());
    for (const Node& node : graph.nodes) quantizes_.push_back(quantizes(node));
    find_readers();
  }

  QuantizationPlan plan() {
    for (uint32_t n = 0; n < graph_.nodes.size(); ++n)
      if (quantizes_[n]) add(n);
    // Nodes are in topological order, so ranges travel down whole chains.
    for (uint32_t n = 0; n < graph_.nodes.size(); ++n)
      if (selection_.contains(graph_.nodes[n])) pass_on(n);
    for (uint32_t n = 0; n < graph_.nodes.size(); ++n)
      if (!is_integer_[n]) read_in_float(n);
    if (options_.equalize) plan_equalization(plan_);
    if (options_.smoothing > 0) plan_smoothing(plan_, options_.smoothing);
    return std::move(plan_);
  }

 private:
  bool is_float(ValueId id) const { return is_float_activation(graph_, id); }

  // Whether a node is selected and computes something from what can be quantized.
  bool quantizes(const Node& node) const {
    return selection_.contains(node) && node.op->quant.result == ResultRole::activation &&
           is_float(node.outputs[0]) && has_quantizable_inputs(node);
  }

  // Notes which values somebody reads as integers, from the network's end, where nobody does.
  void find_readers() {
    for (uint32_t n = static_cast<uint32_t>(graph_.nodes.size()); n-- > 0;) {
      const Node& node = graph_.nodes[n];
      const uint32_t product = product_of(n);
      if (product != Uses::kNone) is_read_[graph_.nodes[product].outputs[0]] = is_read(node);
      const bool moves = moves_elements(graph_, node);
      if (product != Uses::kNone || (!moves && !quantizes_[n])) continue;
      if (moves ? !is_read(node) : stays_float(node)) continue;
      for (std::size_t i = 0; i < node.inputs.size(); ++i)
        if (node.op->quant.role(i) == OperandRole::activation && is_float(node.inputs[i]))
          is_read_[node.inputs[i]] = true;
    }
  }

  bool is_read(const Node& node) const {
    return std::ranges::any_of(node.outputs, [&](ValueId id) { return id != kNoValue && is_read_[id]; });
  }

  // What is no product and is read as integers by nobody costs little in float and keeps its accuracy, unless a caller
  // names its operator: sums of a residual stream, scores of a Softmax, boxes.
  bool stays_float(const Node& node) const {
    return node.op->macs == nullptr && options_.op_types.empty() && !is_read(node);
  }

  // The product that is quantized and that node n gives its bias, or Uses::kNone.
  uint32_t product_of(uint32_t n) const {
    const Node& node = graph_.nodes[n];
    if (selection_.excludes(node)) return Uses::kNone;
    for (const ValueId id : node.inputs) {
      const uint32_t producer = id == kNoValue ? Uses::kNone : uses_.producer[id];
      if (producer == Uses::kNone) continue;
      const auto sum = bias_sum_behind(graph_, uses_, graph_.nodes[producer]);
      if (sum && sum->node == n && quantizes_[producer]) return producer;
    }
    return Uses::kNone;
  }

  // Notes what a node needs quantized.
  void add(uint32_t n) {
    const Node& node = graph_.nodes[n];
    const QuantRule& rule = node.op->quant;
    if (is_integer_[n] || stays_float(node) || product_of(n) != Uses::kNone) return;
    is_integer_[n] = true;
    plan_.layers.push_back(n);
    for (std::size_t i = 0; i < node.inputs.size(); ++i) add_input(n, i);
    // A product that nobody reads as integers, such as logits, stays as it comes where its operator has that form.
    if (rule.form(DType::u8, DType::f32) && !is_read_[node.outputs[0]]) return;
    uint32_t last = n;
    if (const auto sum = bias_sum_behind(graph_, uses_, node); sum && product_of(sum->node) == n)
      last = sum->node;
    is_integer_[last] = true;
    last = with_clamp(last);
    is_integer_[last] = true;
    quantize(graph_.nodes[last].outputs[0]);
  }

  void add_input(uint32_t n, std::size_t i) {
    const Node& node = graph_.nodes[n];
    const OperandId operand{n, static_cast<uint32_t>(i)};
    switch (node.op->quant.role(i)) {
      case OperandRole::activation:
        if (is_float(node.inputs[i]))
          quantize(node.inputs[i]);
        else
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
    const bool is_given = uses_.producer[id] == Uses::kNone;
    plan_.values[id] = {.qmax = is_given ? options_.activation_qmax(8) : options_.activation_qmax(),
                        .observer = options_.observer};
  }

  // Lets a weight be rounded, and its bias be corrected, by what it is multiplied with, as far as there is room for
  // that.
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

  // The clamp that belongs to node n, or n.
  uint32_t with_clamp(uint32_t n) const {
    const Node& node = graph_.nodes[n];
    const uint32_t reader = uses_.only_consumer(node.outputs[0]);
    if (reader == Uses::kNone || !node.op->quant.requantizes()) return n;
    const Node& clamp = graph_.nodes[reader];
    const bool belongs =
        clamp.inputs[0] == node.outputs[0] && clamp_of(graph_, clamp) && !selection_.excludes(clamp);
    return belongs ? reader : n;
  }

  void pass_on(uint32_t n) {
    const Node& node = graph_.nodes[n];
    const ValueId from = node.inputs[0];
    if (!moves_elements(graph_, node) || !is_float(from) || !plan_.values.contains(from)) return;
    is_integer_[n] = true;
    QuantSpec spec = plan_.values[from];
    spec.range_of = plan_.observed(from);
    for (ValueId to : node.outputs)
      if (to != kNoValue && is_float(to)) plan_.values[to] = spec;
  }

  // What a float operator makes, and the network is given, a float operator reads as it is.
  void read_in_float(uint32_t n) {
    const Node& node = graph_.nodes[n];
    for (uint32_t i = 0; i < node.inputs.size(); ++i) {
      const ValueId id = node.inputs[i];
      if (id == kNoValue || !plan_.values.contains(id)) continue;
      const uint32_t producer = uses_.producer[id];
      if (producer == Uses::kNone || !is_integer_[producer])
        plan_.operands[{n, i}] = {.source = RangeSource::none};
    }
  }

  const Graph& graph_;
  const StaticOptions& options_;
  Uses uses_;
  NodeSelection selection_;
  QuantizationPlan plan_;
  ObservedProducts products_;
  // By node: whether it may be quantized; whether it computes integers, by itself or as part of the product or sum
  // before it.
  Flags quantizes_, is_integer_;
  Flags is_read_;  // by value: whether somebody reads it as integers
};

}  // namespace

QuantizationPlan plan_static(const Graph& graph, const StaticOptions& options) {
  make_observer(options.observer);
  require(options.smoothing >= 0 && options.smoothing <= 1, ErrorCode::invalid_option,
          "smoothQuant must be true, false or a number from 0 to 1");
  require(options.activation_bits >= 2 && options.activation_bits <= 8, ErrorCode::invalid_option,
          "option 'activationBits' must be a number from 2 to 8");
  for (const std::string& name : options.op_types)
    if (const OpDef* op = find_op(name); op && op->quant.is_quantizable())
      require(op->quant.result != ResultRole::untouched, ErrorCode::invalid_option,
              "operator '{}' can only be quantized dynamically", name);
  return StaticPlanner(graph, options).plan();
}

}  // namespace octavo
