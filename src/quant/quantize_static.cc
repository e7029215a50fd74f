#include "quant/quantize_static.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"
#include "graph/op_def.h"
#include "graph/rewriter.h"
#include "kernels/epilogue.h"
#include "ops/integer_bias.h"
#include "quant/qdq.h"

namespace octavo {

namespace {

// What roundings of the units of a bias may add to it, and more.
constexpr double kRoundings = 0x1p-20;
// Steps of the output that its unit may round a bias by. Where it comes to that, the roundings of the inputs do more.
constexpr float kBiasTolerance = 16;
// Units of the bias in a step of the output, in a channel whose weights are all 0.
constexpr float kDeadChannelSteps = 256;

class StaticConverter {
 public:
  StaticConverter(const StaticPlan& plan, const Calibrator& calibrator)
      : plan_(plan), calibrator_(calibrator), graph_(plan.graph), uses_(plan.graph) {
    for (const auto& [value, range_of] : plan.activations) range_of_[value] = range_of;
  }

  Graph convert() {
    for (const auto& [value, range_of] : plan_.activations)
      if (value == range_of) choose_activation(value);
    for (uint32_t n : plan_.arithmetic) quantize_constants(n);
    for (uint32_t n : plan_.weighted) quantize_weights(n);
    insert_qdq();
    sort_nodes(graph_);
    remove_dead(graph_);
    return std::move(graph_);
  }

 private:
  QParams activation_qparams(ValueRange range, const std::string& name) const {
    QParams qparams = choose_activation_qparams(range, 0, plan_.options.activation_qmax());
    require(std::isfinite(qparams.scale[0]), ErrorCode::invalid_data, "the range of '", name,
            "' is too wide");
    return qparams;
  }

  void choose_activation(ValueId id) {
    const std::string name = graph_[id].name;
    QParams qparams = activation_qparams(calibrator_.range(id), name);
    activations_.emplace(id, add_qparams(graph_, name, std::move(qparams), DType::u8));
  }

  void quantize_constants(uint32_t n) {
    for (std::size_t i = 0; i < graph_.nodes[n].inputs.size(); ++i) {
      const ValueId id = graph_.nodes[n].inputs[i];
      if (!is_float_constant(graph_, id)) continue;
      const auto [entry, is_new] = constants_.try_emplace(id, kNoValue);
      if (is_new) {
        const ValueRange range = find_range(graph_[id].constant->span<float>());
        entry->second =
            add_dequantized_constant(graph_, id, activation_qparams(range, graph_[id].name), DType::u8);
      }
      graph_.nodes[n].inputs[i] = entry->second;
    }
  }

  void quantize_weights(uint32_t n) {
    const Node node = graph_.nodes[n];
    const float input_scale = activations_.at(range_of_[node.inputs[0]]).qparams.scale[0];
    QParams qparams = choose_node_weight_qparams(graph_, node, plan_.options);
    if (has_channel_bias(node)) {
      QParams roomy = with_room_for_bias(node, input_scale, qparams);
      if (is_integer_bias(node, input_scale, roomy.scale)) {
        graph_.nodes[n].inputs[2] = dequantized_bias(node, input_scale, roomy);
        qparams = std::move(roomy);
      }
    }
    const auto [entry, is_new] =
        weights_.try_emplace({node.inputs[1], qparams.axis, qparams.scale}, kNoValue);
    if (is_new) entry->second = add_dequantized_constant(graph_, node.inputs[1], qparams, DType::s8);
    graph_.nodes[n].inputs[1] = entry->second;
  }

  // True for a constant float32 bias with one value for each output channel along its last axis.
  bool has_channel_bias(const Node& node) const {
    if (node.inputs.size() < 3 || !is_float_constant(graph_, node.inputs[2])) return false;
    const Shape& bias = graph_[node.inputs[2]].constant->shape();
    const Shape& weights = graph_[node.inputs[1]].constant->shape();
    const int64_t channels = weights[node.op->quant.channel_axis(graph_, node)];
    return bias.rank() > 0 && bias[bias.rank() - 1] == channels && bias.elements() == channels;
  }

  // The qparams of the weights with scales enlarged until the bias leaves the accumulators room for the products, in units,
  // scale_x · scale_w[n], that have all bits of a float. Where there is nothing but the bias, its unit is no coarser than
  // the output.
  QParams with_room_for_bias(const Node& node, float input_scale, QParams weights) const {
    const Value& bias = graph_[node.inputs[2]];
    const auto values = bias.constant->span<float>();
    const double room = input_scale * (1 - kRoundings) * kernels::max_bias(depth(node));
    const float fine = output_scale(node) / input_scale;  // makes a unit of the output's step
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!std::isfinite(values[i]))
        throw Error(ErrorCode::invalid_data, text("constant '", bias.name, "': a bias is NaN or infinite"))
            .at_node(node.name, node.op->name);
      float& scale = weights.scale[weights.per_tensor() ? 0 : i];
      if (scale > fine && !weights.per_tensor() && is_dead(node, weights.axis, static_cast<int64_t>(i)))
        scale = fine / kDeadChannelSteps;
      scale = std::max({scale, static_cast<float>(std::abs(values[i]) / room), kSmallestScale / input_scale});
    }
    return weights;
  }

  // Whether the bias has units in float32 that it can be rounded to. Any other stays float, as lowering leaves its node.
  bool is_integer_bias(const Node& node, float input_scale, const std::vector<float>& weight_scale) const {
    const Tensor& bias = *graph_[node.inputs[2]].constant;
    const auto has_unit = [&](float scale) { return std::isfinite(scale * input_scale); };
    const BiasTarget target = {input_scale, weight_scale, bias.shape().elements(), depth(node),
                               kBiasTolerance * output_scale(node)};
    return std::ranges::all_of(weight_scale, has_unit) && integer_bias({bias, nullptr}, target).has_value();
  }

  // True when all weights of the channel are 0.
  bool is_dead(const Node& node, int axis, int64_t channel) const {
    const Tensor& weights = *graph_[node.inputs[1]].constant;
    const Shape& shape = weights.shape();
    const int64_t inner = shape.elements(axis + 1, shape.rank()), block = shape[axis] * inner;
    const auto values = weights.span<float>();
    for (int64_t begin = channel * inner; begin < std::ssize(values); begin += block)
      if (std::ranges::any_of(values.subspan(begin, inner), [](float w) { return w != 0; })) return false;
    return true;
  }

  int64_t depth(const Node& node) const {
    return products_per_sum(graph_[node.inputs[1]].constant->shape(),
                            node.op->quant.channel_axis(graph_, node));
  }

  // Of a planned node, or of the clamp that belongs to it.
  float output_scale(const Node& node) const {
    ValueId id = node.outputs[0];
    if (!range_of_.contains(id)) id = plan_.graph.nodes[uses_.only_consumer(id)].outputs[0];
    return activations_.at(range_of_.at(id)).qparams.scale[0];
  }

  ValueId dequantized_bias(const Node& node, float input_scale, const QParams& weights) {
    const ValueId id = node.inputs[2];
    QParams qparams{.qmin = std::numeric_limits<int32_t>::min(), .qmax = std::numeric_limits<int32_t>::max()};
    if (!weights.per_tensor()) qparams.axis = graph_[id].constant->shape().rank() - 1;
    for (float scale : weights.scale) {
      qparams.scale.push_back(input_scale * scale);
      qparams.zero_point.push_back(0);
    }
    return add_dequantized_constant(graph_, id, qparams, DType::s32);
  }

  // Everyone who reads a planned activation reads it quantized and dequantized.
  void insert_qdq() {
    std::vector<Node> nodes;
    std::vector<Redirection> redirections;
    for (const auto& [id, range_of] : plan_.activations) {
      const std::string name = graph_[id].name;
      const QParamConstants& constants = activations_.at(range_of);
      nodes.push_back(make_quantize(graph_, name, id, constants));
      nodes.push_back(make_dequantize(graph_, name, nodes.back().outputs[0], constants));
      redirections.push_back({id, nodes.back().outputs[0]});
    }
    redirect(graph_, redirections);
    std::ranges::move(nodes, std::back_inserter(graph_.nodes));
  }

  const StaticPlan& plan_;
  const Calibrator& calibrator_;
  Graph graph_;
  Uses uses_;                                       // of plan.graph
  std::map<ValueId, ValueId> range_of_;             // by planned activation: QuantizedActivation::range_of
  std::map<ValueId, QParamConstants> activations_;  // by value with a range of its own
  std::map<ValueId, ValueId> constants_;            // by constant: dequantized operand
  std::map<std::tuple<ValueId, int, std::vector<float>>, ValueId> weights_;  // by constant, axis and scales
};

}  // namespace

Graph convert_static(const StaticPlan& plan, const Calibrator& calibrator) {
  return StaticConverter(plan, calibrator).convert();
}

}  // namespace octavo
