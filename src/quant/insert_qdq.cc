#include "quant/insert_qdq.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"
#include "graph/op_def.h"
#include "graph/rewriter.h"
#include "kernels/epilogue.h"
#include "ops/integer_bias.h"
#include "quant/gptq.h"
#include "quant/products.h"
#include "quant/qdq.h"

namespace octavo {

namespace {

// What roundings of the units of a bias may add to it, and more.
constexpr double kRoundings = 0x1p-20;
// Steps of the output that its unit may round a bias by. Where it comes to that, the roundings of the inputs do more.
constexpr float kBiasTolerance = 16;
// Units of the bias in a step of the output, in a channel whose weights are all 0.
constexpr float kDeadChannelSteps = 256;

// Of a bias beside itself: NNCF's threshold.
constexpr double kMostCorrection = 2;

// Of a range, where a function is looked at.
constexpr int kFunctionSamples = 1024;

// Of products that are as good as exact.
constexpr double kSmallestError = 1e-300;

class Inserter {
 public:
  Inserter(const QuantizationPlan& plan, const Calibrator* calibrator, RoundedWeights* roundings)
      : plan_(plan),
        calibrator_(calibrator),
        roundings_(roundings),
        graph_(plan.graph),
        uses_(plan.graph),
        activations_(plan.graph.values.size()) {}

  Graph insert(std::vector<Applied>* applied) {
    for (const auto& [value, spec] : plan_.values) check(value, spec);
    for (const auto& [operand, spec] : plan_.operands) check(operand, spec);
    for (const auto& [value, spec] : plan_.values)
      if (plan_.observed(value) == value) choose_activation(value, spec);
    for (const auto& [operand, spec] : plan_.operands) quantize(operand, spec);
    insert_values();
    sort_nodes(graph_);
    remove_dead(graph_);
    if (gptq_.layers > 0) gptq_.gain_db = gain_db_ / gptq_.layers;
    if (applied != nullptr)
      for (const Applied& each : {gptq_, bias_correction_})
        if (each.says_something()) applied->push_back(each);
    return std::move(graph_);
  }

 private:
  static bool is_unsigned(const QuantSpec& spec) {
    return spec.dtype == DType::u8 && 0 <= spec.qmin && spec.qmin < spec.qmax && spec.qmax <= 255;
  }

  // A value: a float32 activation as uint8, whose range is its own or that of another value with a range of its own.
  void check(ValueId id, const QuantSpec& spec) const {
    const bool fits = id < plan_.graph.values.size() && is_float_activation(plan_.graph, id) &&
                      spec.source == RangeSource::observed && is_unsigned(spec) &&
                      plan_.values.contains(plan_.observed(id)) &&
                      plan_.observed(plan_.observed(id)) == plan_.observed(id);
    require(fits, ErrorCode::invalid_option, "value {} cannot be quantized as planned", id);
  }

  // An operand, by what it is to its operator.
  void check(const OperandId& operand, const QuantSpec& spec) const {
    const std::vector<Node>& nodes = plan_.graph.nodes;
    require(operand.node < nodes.size(), ErrorCode::invalid_option, "the plan names node {} of {}",
            operand.node, nodes.size());
    const Node& node = nodes[operand.node];
    if (!node.has_input(operand.input) || !is_possible(node, node.inputs[operand.input], operand.input, spec))
      throw Error(ErrorCode::invalid_option, text("input {} cannot be quantized as planned", operand.input))
          .at_node(node.name, node.op->name);
  }

  bool is_possible(const Node& node, ValueId id, std::size_t input, const QuantSpec& spec) const {
    const bool is_constant = is_float_constant(plan_.graph, id);
    if (spec.source == RangeSource::none) return is_float_activation(plan_.graph, id);
    if (spec.source == RangeSource::run_time)
      return is_float_activation(plan_.graph, id) && is_unsigned(spec) && spec.qmin == 0;
    if (spec.source != RangeSource::constant || !is_constant) return false;
    switch (node.op->quant.role(input)) {
      case OperandRole::activation:
        if (spec.dtype == DType::s8)
          return has_float_table(plan_.graph, node) && are_weight_integers({spec.qmin, spec.qmax}) &&
                 (spec.block > 0 ? spec.axis == 1 : spec.axis <= 0);
        return is_unsigned(spec) && (spec.axis < 0 || (spec.axis == 0 && has_float_table(plan_.graph, node)));
      case OperandRole::bias: return spec.dtype == DType::s32;
      case OperandRole::untouched: return false;
      case OperandRole::weight: break;
    }
    const QuantRule& rule = node.op->quant;
    const bool is_int8 = spec.dtype == DType::s8 && are_weight_integers({spec.qmin, spec.qmax});
    if (!is_int8 || !plan_.graph.knows_types(node)) return false;
    if (spec.block > 0) return spec.axis == reduction_axis(plan_.graph, node, id);
    return spec.axis == -1 || spec.axis == rule.matrix_axis ||
           spec.axis == rule.weight_axis(plan_.graph, node);
  }

  QParams activation_qparams(ValueRange range, const QuantSpec& spec, const std::string& name) const {
    QParams qparams = choose_activation_qparams(range, spec.qmin, spec.qmax);
    require(std::isfinite(qparams.scale[0]), ErrorCode::invalid_data, "the range of '{}' is too wide", name);
    return qparams;
  }

  // Of a constant, as a whole or of each of its rows.
  QParams constant_qparams(ValueId id, const QuantSpec& spec) const {
    const Tensor& constant = *graph_[id].constant;
    const std::span<const float> values = constant.span<float>();
    if (spec.axis < 0) return activation_qparams(find_range(values), spec, graph_[id].name);
    QParams all{.axis = spec.axis, .qmin = spec.qmin, .qmax = spec.qmax};
    const auto columns = static_cast<std::size_t>(constant.shape()[1]);
    for (int64_t row = 0; row < constant.shape()[0]; ++row) {
      const auto range = find_range(values.subspan(static_cast<std::size_t>(row) * columns, columns));
      const QParams qparams = activation_qparams(range, spec, graph_[id].name);
      all.scale.push_back(qparams.scale[0]);
      all.zero_point.push_back(qparams.zero_point[0]);
    }
    return all;
  }

  // The range of a value, less what a function that alone reads it does not tell apart: what is beyond the ends of the
  // range has their result to within half a step of the integers it becomes. Of Tanh what is saturated, of HardSwish
  // what is below -3.
  ValueRange needed_range(ValueId id) const {
    ValueRange range = calibrator_->range(id);
    const uint32_t reader = uses_.only_consumer(id);
    if (reader == Uses::kNone) return range;
    const Node& node = plan_.graph.nodes[reader];
    const auto result = plan_.values.find(node.outputs[0]);
    if (!node.op->quant.function || result == plan_.values.end()) return range;
    if (!result->second.given.scale.empty()) return range;
    const ValueRange made = calibrator_->range(plan_.observed(node.outputs[0]));
    const float half_step =
        (made.max - made.min) / static_cast<float>(result->second.qmax - result->second.qmin) / 2;
    const float step = (range.max - range.min) / kFunctionSamples;
    const auto shortened = [&](float end, float by) {
      const float y = node.op->quant.function(plan_.graph, node, end);
      float least = y, most = y, reached = end;
      for (int i = 1; i < kFunctionSamples; ++i) {
        const float x = end + by * static_cast<float>(i), f = node.op->quant.function(plan_.graph, node, x);
        least = std::min(least, f), most = std::max(most, f);
        if (!(most - least <= half_step)) break;
        reached = x;
      }
      return reached;
    };
    return {std::min(shortened(range.min, step), 0.0f), std::max(shortened(range.max, -step), 0.0f)};
  }

  void choose_activation(ValueId id, const QuantSpec& spec) {
    const std::string name = graph_[id].name;
    const bool is_given = !spec.given.scale.empty();
    require(is_given || calibrator_ != nullptr, ErrorCode::invalid_data, "no calibration data for '{}'",
            name);
    QParams qparams = is_given ? spec.given : activation_qparams(needed_range(id), spec, name);
    activations_[id] = add_qparams(graph_, name, std::move(qparams), spec.dtype);
  }

  void quantize(const OperandId& operand, const QuantSpec& spec) {
    const auto [n, i] = operand;
    const ValueId id = plan_.graph.nodes[n].inputs[i];
    if (spec.source == RangeSource::none) return;
    if (spec.source == RangeSource::run_time) {
      graph_.nodes[n].inputs[i] = dynamic_pair(id, spec);
      graph_.nodes[n].notes.quantized_state = plan_.graph.nodes[n].op->quant.has_state;
    } else if (spec.dtype == DType::u8) {
      graph_.nodes[n].inputs[i] = dequantized(id, constant_qparams(id, spec), spec.dtype, operand);
    } else if (spec.dtype == DType::s8) {
      quantize_weight(n, i, spec);
    }
    // A bias follows its weight.
  }

  void quantize_weight(uint32_t n, uint32_t i, const QuantSpec& spec) {
    const Node& node = plan_.graph.nodes[n];
    QParams qparams = weight_qparams(plan_.graph, node, node.inputs[i], spec);
    const auto bias = node.op->quant.input_of(OperandRole::bias);
    const bool is_planned = bias && plan_.operands.contains({n, static_cast<uint32_t>(*bias)}) &&
                            has_channel_bias(plan_.graph, node);
    const std::optional<float> input_scale = scale_of(node.inputs[0]);
    bool is_integer = false;
    if (is_planned && input_scale && output_scale(node)) {
      QParams roomy = with_room_for_bias(node, *input_scale, qparams);
      is_integer = is_integer_bias(node, bias_of(node), *input_scale, roomy.scale);
      if (is_integer) qparams = std::move(roomy);
    }
    const ValueId weights = dequantized(node.inputs[i], qparams, spec.dtype, {n, i});
    graph_.nodes[n].inputs[i] = weights;
    if (!is_planned || !input_scale) return;
    ValueId& id = graph_.nodes[n].inputs[*bias];
    if (const Gram* const gram = gram_of({n, i}); gram && spec.corrects_bias) {
      std::optional<Tensor> corrected = corrected_bias({n, i}, *gram, weights, qparams);
      const bool fits =
          corrected && (!is_integer || is_integer_bias(node, *corrected, *input_scale, qparams.scale));
      ++(fits ? bias_correction_.layers : bias_correction_.unchanged);
      if (fits)
        id = graph_.add_constant(graph_.unique_value_name(text("{}_corrected", graph_[id].name)),
                                 std::move(*corrected));
    }
    if (is_integer) id = dequantized_bias(id, *input_scale, qparams);
  }

  // A constant bias in units of the accumulators of its node.
  ValueId dequantized_bias(ValueId bias, float input_scale, const QParams& weights) {
    QParams units{.qmin = std::numeric_limits<int32_t>::min(), .qmax = std::numeric_limits<int32_t>::max()};
    if (!weights.per_tensor()) units.axis = graph_[bias].constant->shape().rank() - 1;
    for (float scale : weights.scale) {
      units.scale.push_back(input_scale * scale);
      units.zero_point.push_back(0);
    }
    return add_dequantized_constant(graph_, bias, units, DType::s32);
  }

  // The integers of a weight of graph_ that is dequantized to `weights`.
  const Tensor& integers_of(ValueId weights) const {
    const auto dequantize =
        std::ranges::find(graph_.nodes, weights, [](const Node& node) { return node.outputs[0]; });
    return *graph_.constant_input(*dequantize, 0);
  }

  // A bias with what the roundings of its weight take from the mean of each output, where they do not take more than it
  // is itself, several times: bias correction (Nagel et al. 2019), as NNCF's FastBiasCorrection has it.
  //
  //   b'[n] = b[n] + Σ_k (w[n][k] - scale[n] · q[n][k]) · mean(x[k]),   max_n |b'[n] - b[n]| / |b[n]| < 2
  std::optional<Tensor> corrected_bias(const OperandId& operand, const Gram& gram, ValueId weights,
                                       const QParams& qparams) {
    const Node& node = plan_.graph.nodes[operand.node];
    const Tensor& weight = *plan_.graph[node.inputs[operand.input]].constant;
    const auto [w, groups] = weight_rows(plan_.graph, node, node.inputs[operand.input]);
    const int8_t* const integers = integers_of(weights).span<int8_t>().data();
    Tensor bias = Tensor::copy_of(bias_of(node).view());
    double largest = 0;
    for (int row = 0; row < w.n; ++row) {
      const auto scale = static_cast<double>(qparams.scale[qparams.per_tensor() ? 0 : row]);
      double shift = 0;
      int k = 0;
      for (int y = 0; y < w.kh; ++y)
        for (int x = 0; x < w.kw; ++x)
          for (int c = 0; c < w.channels; ++c, ++k) {
            const float* const at = &w.at(row, y, x, c);
            shift += (static_cast<double>(*at) - scale * integers[at - w.data]) *
                     gram.mean(row / (w.n / groups), k);
          }
      float& value = bias.span<float>()[row];
      largest = std::max(largest, std::abs(shift / static_cast<double>(value)));
      value += static_cast<float>(shift);
    }
    weight.give_back();
    return largest < kMostCorrection ? std::optional(std::move(bias)) : std::nullopt;
  }

  // What was seen of what a weight is multiplied with; null where nothing was.
  const Gram* gram_of(const OperandId& operand) const {
    return calibrator_ == nullptr ? nullptr
                                  : calibrator_->gram(ProductIds(plan_.graph).of(plan_.graph, operand));
  }

  // The integers of a weight whose products were observed; nothing where those of quantize_tensor are as good.
  std::optional<Tensor> rounded(const OperandId& operand, const QParams& qparams) {
    const auto spec = plan_.operands.find(operand);
    if (spec == plan_.operands.end() || spec->second.rounding != Rounding::gptq) return std::nullopt;
    const Node& node = plan_.graph.nodes[operand.node];
    const ValueId weight = node.inputs[operand.input];
    const Gram* const gram = gram_of(operand);
    if (gram == nullptr || !gram->has_products()) return std::nullopt;
    RoundedWeight made{.operand = operand, .scale = qparams.scale};
    const RoundedWeight* found = known(made);
    if (found == nullptr) {
      made.integers =
          round_gptq(*gram, weight_rows(plan_.graph, node, weight).weights,
                     plan_.graph[weight].constant->shape(), qparams, calibrator_->threads(), made.errors);
      found = roundings_ == nullptr ? &made : &roundings_->emplace_back(std::move(made));
    }
    ++(found->integers ? gptq_.layers : gptq_.unchanged);
    if (!found->integers) return std::nullopt;
    const RoundingErrors& errors = found->errors;
    gain_db_ += 10 * std::log10(errors.nearest / std::max(errors.chosen, kSmallestError));
    return found == &made ? std::move(made.integers) : Tensor::copy_of(found->integers->view());
  }

  const RoundedWeight* known(const RoundedWeight& weight) const {
    if (roundings_ == nullptr) return nullptr;
    const auto found = std::ranges::find_if(*roundings_, [&](const RoundedWeight& each) {
      return each.operand == weight.operand && each.scale == weight.scale;
    });
    return found == roundings_->end() ? nullptr : &*found;
  }

  // DequantizeLinear of the constant, one for all who want it so.
  ValueId dequantized(ValueId id, QParams qparams, DType dtype, const OperandId& operand) {
    const auto [entry, is_new] =
        dequantized_.try_emplace({id, qparams.axis, qparams.scale, qparams.qmin, qparams.qmax}, kNoValue);
    if (!is_new) return entry->second;
    std::optional<Tensor> integers = rounded(operand, qparams);
    entry->second = integers ? add_dequantized_constant(graph_, id, qparams, std::move(*integers))
                             : add_dequantized_constant(graph_, id, qparams, dtype);
    return entry->second;
  }

  ValueId dynamic_pair(ValueId x, const QuantSpec& spec) {
    const auto [entry, is_new] = dequantized_.try_emplace(
        {x, kRunTime - static_cast<int>(spec.granularity), {}, 0, spec.qmax}, kNoValue);
    if (!is_new) return entry->second;
    auto [quantize, dequantize] = make_dynamic_pair(graph_, x, spec.granularity, spec.qmax);
    entry->second = dequantize.outputs[0];
    graph_.nodes.push_back(std::move(quantize));
    graph_.nodes.push_back(std::move(dequantize));
    return entry->second;
  }

  // Of an activation that is quantized for everyone.
  std::optional<float> scale_of(ValueId id) const {
    if (!plan_.values.contains(id)) return std::nullopt;
    return activations_[plan_.observed(id)].value().qparams.scale[0];
  }

  // The qparams of the weights with scales enlarged until the bias leaves the accumulators room for the products, in
  // units, scale_x · scale_w[n], that have all bits of a float. Where there is nothing but the bias, its unit is no
  // coarser than the output.
  QParams with_room_for_bias(const Node& node, float input_scale, QParams weights) const {
    const Value& bias = graph_[bias_id(node)];
    const auto values = bias.constant->span<float>();
    const double room = input_scale * (1 - kRoundings) * kernels::max_bias(depth(node));
    const float fine = *output_scale(node) / input_scale;  // makes a unit of the output's step
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!std::isfinite(values[i]))
        throw Error(ErrorCode::invalid_data, text("constant '{}': a bias is NaN or infinite", bias.name))
            .at_node(node.name, node.op->name);
      float& scale = weights.scale[weights.per_tensor() ? 0 : i];
      if (scale > fine && !weights.per_tensor() && is_dead(node, weights.axis, static_cast<int64_t>(i)))
        scale = fine / kDeadChannelSteps;
      scale = std::max({scale, static_cast<float>(std::abs(values[i]) / room), kSmallestScale / input_scale});
    }
    return weights;
  }

  // Whether the bias has units in float32 that it can be rounded to. Any other stays float, as lowering leaves its
  // node.
  bool is_integer_bias(const Node& node, const Tensor& bias, float input_scale,
                       const std::vector<float>& weight_scale) const {
    const auto has_unit = [&](float scale) { return std::isfinite(scale * input_scale); };
    const BiasTarget target = {input_scale, weight_scale, bias.shape().elements(), depth(node),
                               kBiasTolerance * *output_scale(node)};
    return std::ranges::all_of(weight_scale, has_unit) && integer_bias({bias, nullptr}, target).has_value();
  }

  // True when all weights of the channel are 0.
  bool is_dead(const Node& node, int axis, int64_t channel) const {
    const Tensor& weights = *graph_[weight_id(node)].constant;
    const Shape& shape = weights.shape();
    const int64_t inner = shape.elements(axis + 1, shape.rank()), block = shape[axis] * inner;
    const auto values = weights.span<float>();
    for (int64_t begin = channel * inner; begin < std::ssize(values); begin += block)
      if (std::ranges::any_of(values.subspan(begin, inner), [](float w) { return w != 0; })) return false;
    return true;
  }

  static ValueId weight_id(const Node& node) {
    return node.inputs[*node.op->quant.input_of(OperandRole::weight)];
  }
  static ValueId bias_id(const Node& node) {
    return node.inputs[*node.op->quant.input_of(OperandRole::bias)];
  }

  const Tensor& bias_of(const Node& node) const { return *graph_[bias_id(node)].constant; }

  int64_t depth(const Node& node) const {
    return products_per_sum(graph_[weight_id(node)].constant->shape(),
                            node.op->quant.weight_axis(plan_.graph, node));
  }

  // Of a node, or of the clamp that belongs to it; nothing where its result stays float.
  std::optional<float> output_scale(const Node& node) const {
    if (const auto scale = scale_of(node.outputs[0])) return scale;
    const uint32_t clamp = uses_.only_consumer(node.outputs[0]);
    return clamp == Uses::kNone ? std::nullopt : scale_of(plan_.graph.nodes[clamp].outputs[0]);
  }

  // Everyone who reads a planned activation reads it quantized and dequantized, but for those whom the plan lets read
  // it in float.
  void insert_values() {
    std::vector<Node> nodes;
    std::vector<Redirection> redirections;
    for (const auto& [id, spec] : plan_.values) {
      const std::string name = graph_[id].name;
      const QParamConstants& constants = activations_[plan_.observed(id)].value();
      const bool is_narrow = constants.qparams.qmax < kNarrow && plan_.observed(id) == id;
      nodes.push_back(
          make_quantize(graph_, name, is_narrow ? clipped(id, constants.qparams, nodes) : id, constants));
      nodes.push_back(make_dequantize(graph_, name, nodes.back().outputs[0], constants));
      redirections.push_back({id, nodes.back().outputs[0]});
    }
    redirect(graph_, redirections);
    for (const auto& [operand, spec] : plan_.operands)
      if (spec.source == RangeSource::none)
        graph_.nodes[operand.node].inputs[operand.input] =
            plan_.graph.nodes[operand.node].inputs[operand.input];
    std::ranges::move(nodes, std::back_inserter(graph_.nodes));
  }

  // In a file integers of fewer bits are uint8, to whose range others saturate: what is quantized keeps to the range
  // before. Lowering drops this.
  ValueId clipped(ValueId id, const QParams& qparams, std::vector<Node>& nodes) {
    const std::string name = graph_.unique_value_name(text("{}_clipped", graph_[id].name));
    Node clip{.op = &get_op("Clip"), .name = name};
    const auto bound = [&](int32_t q, std::string_view suffix) {
      const float x = static_cast<float>(q - qparams.zero_point[0]) * qparams.scale[0];
      return graph_.add_constant(graph_.unique_value_name(text("{}_{}", name, suffix)),
                                 Tensor::of<float>(Shape(), {x}));
    };
    clip.inputs = {id, bound(qparams.qmin, "min"), bound(qparams.qmax, "max")};
    clip.outputs = {graph_.add_value({{DType::f32, graph_[id].shape}, name})};
    nodes.push_back(std::move(clip));
    return nodes.back().outputs[0];
  }

  const QuantizationPlan& plan_;
  const Calibrator* calibrator_;
  RoundedWeights* roundings_;
  Graph graph_;
  Applied gptq_{.method = "gptq"}, bias_correction_{.method = "biasCorrection"};
  double gain_db_ = 0;                                       // of gptq_, summed
  Uses uses_;                                                // of plan.graph
  std::vector<std::optional<QParamConstants>> activations_;  // by value of plan.graph with a range of its own
  // What is dequantized for all who want it so: by value, axis (kRunTime and the granularity for an activation),
  // scales, qmin and qmax.
  static constexpr int kRunTime = -2;
  std::map<std::tuple<ValueId, int, std::vector<float>, int32_t, int32_t>, ValueId> dequantized_;
};

}  // namespace

Graph insert_qdq(const QuantizationPlan& plan, const Calibrator* calibrator, std::vector<Applied>* applied,
                 RoundedWeights* roundings) {
  return Inserter(plan, calibrator, roundings).insert(applied);
}

}  // namespace octavo
