// a·Conv(x, W, b) + c → Conv(x, a·W, a·b + c). Weights that are quantized in the file take a into their scales.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "graph/op_def.h"
#include "graph/qdq.h"
#include "graph/rewriter.h"
#include "passes/affine.h"
#include "passes/passes.h"

namespace octavo {

namespace {

// The operators of the algebra, with those of kArithmetic.
constexpr std::string_view kConv = "Conv", kNormalization = "BatchNormalization";

// Whether a constant f32 tensor is a scalar or varies along axis 1 of a tensor of `rank` only.
bool is_per_channel(const Tensor* tensor, int64_t channels, int rank) {
  if (tensor == nullptr || tensor->dtype() != DType::f32 || tensor->shape().rank() > rank) return false;
  const Shape& shape = tensor->shape();
  const int64_t elements = shape.elements();
  if (elements == 1) return true;
  const int channel_axis = shape.rank() - (rank - 1);
  return channel_axis >= 0 && shape[channel_axis] == channels && elements == channels;
}

constexpr struct Arithmetic {
  std::string_view op;
  // One channel of y = f(x, c) with the data x as input 0 (`data_first`) or 1.
  Channel (*with)(double constant, bool data_first);
  bool data_first_only = false;
} kArithmetic[] = {
    {"Mul", [](double c, bool) { return Channel{.scale = c}; }},
    {"Div", [](double c, bool) { return Channel{.scale = 1 / c}; }, true},
    {"Add", [](double c, bool) { return Channel{.shift = c}; }},
    {"Sub", [](double c, bool first) { return first ? Channel{.shift = -c} : Channel{-1, c}; }},
};

// One constant operand; `data` is the other.
Affine read_arithmetic(const Graph& graph, const Node& node, ValueId data, int64_t channels, int rank) {
  const auto row = std::ranges::find(kArithmetic, node.op->name, &Arithmetic::op);
  if (row == std::end(kArithmetic)) return {};
  const bool data_first = node.inputs[0] == data;
  if (node.inputs[0] == node.inputs[1] || (row->data_first_only && !data_first)) return {};
  const Tensor* const constant = graph.constant_input(node, data_first ? 1 : 0);
  if (!is_per_channel(constant, channels, rank)) return {};
  const float* value = constant->view().as<float>();
  const int64_t step = constant->shape().elements() == 1 ? 0 : 1;
  Affine affine(channels);
  for (Channel& channel : affine) {
    channel = row->with(*value, data_first);
    value += step;
  }
  return affine;
}

Affine read_affine(const Graph& graph, const Uses& uses, const Node& node, ValueId data, int64_t channels,
                   int rank) {
  if (node.op->name != kNormalization) return read_arithmetic(graph, node, data, channels, rank);
  return node.inputs[0] == data ? read_batch_normalization(graph, uses, node, channels) : Affine();
}

// Whether the largest of some numbers is as good in float32: finite, and not so small that it has lost digits.
bool keeps_precision(double largest) {
  using Limits = std::numeric_limits<float>;
  return largest == 0 || (largest >= Limits::min() && largest <= Limits::max());
}

// Gives the convolution new weights and a new bias. Changes nothing, and gives false, where those of a channel would
// not be as good as what they replace: x · (1 / 0) + 0 · (1 / 0) is not x / 0.
bool apply(Graph& graph, Node& conv, const Affine& affine) {
  const Tensor& old_weights = *graph.constant_input(conv, 1);
  const Tensor* old_bias = graph.constant_input(conv, 2);
  const int64_t channels = old_weights.shape()[0];
  const int64_t depth = old_weights.shape().elements(1, old_weights.shape().rank());
  Tensor weights(DType::f32, old_weights.shape());
  Tensor bias(DType::f32, {channels});
  const float* in = old_weights.view().as<float>();
  float* out = weights.view().as<float>();
  for (int64_t c = 0; c < channels; ++c, in += depth, out += depth) {
    const double scale = affine[c].scale;
    double largest = 0;
    for (int64_t i = 0; i < depth; ++i) {
      largest = std::max(largest, std::abs(scale * in[i]));
      out[i] = static_cast<float>(scale * in[i]);
    }
    const double b = scale * (old_bias ? old_bias->span<float>()[c] : 0) + affine[c].shift;
    if (!std::isfinite(scale) || !keeps_precision(largest) || !std::isfinite(static_cast<float>(b)))
      return false;
    bias.span<float>()[c] = static_cast<float>(b);
  }
  const std::string weight_name = graph[conv.inputs[1]].name;
  conv.inputs.resize(3, kNoValue);
  const std::string bias_name = conv.has_input(2) ? graph[conv.inputs[2]].name : text("{}.bias", conv.name);
  conv.inputs[1] = graph.add_constant(graph.unique_value_name(weight_name), std::move(weights));
  conv.inputs[2] = graph.add_constant(graph.unique_value_name(bias_name), std::move(bias));
  return true;
}

bool is_foldable_conv(const Graph& graph, const Node& conv) {
  const Tensor* weights = graph.constant_input(conv, 1);
  if (weights == nullptr || weights->dtype() != DType::f32) return false;
  return !conv.has_input(2) || graph.constant_input(conv, 2) != nullptr;
}

// The DQ node of constant weights that only this convolution reads, with one scale or one a channel; or null.
Node* dequantized_weights(Graph& graph, const Uses& uses, const Node& conv) {
  const ValueId weights = conv.inputs[1];
  const uint32_t n = weights < uses.producer.size() ? uses.producer[weights] : Uses::kNone;
  if (n == Uses::kNone || uses.only_consumer(weights) == Uses::kNone) return nullptr;
  Node& node = graph.nodes[n];
  if (!is_dequantize(node) || !graph.constant_input(node, 0) || !graph[weights].is_static()) return nullptr;
  const auto qparams = read_qparams(graph, node);
  const bool is_usable = qparams && size_of(*graph[node.inputs[0]].dtype) == 1 && !qparams->blocked() &&
                         (qparams->per_tensor() || qparams->axis == 0);
  return is_usable ? &node : nullptr;
}

// The same for quantized weights: nothing changes where a scale would be none that they could have.
bool apply(Graph& graph, const Uses& uses, Node& conv, Node& dequantize, const Affine& affine) {
  QParams qparams = *read_qparams(graph, dequantize);
  const auto channels = static_cast<std::size_t>((*graph[conv.inputs[1]].shape)[0]);
  const auto bias = conv.has_input(2)
                        ? numbers_of(graph, uses, conv.inputs[2], static_cast<int64_t>(channels))
                        : std::vector<double>(channels);
  if (bias.empty()) return false;
  if (qparams.scale.size() == 1) {
    qparams.scale = std::vector<float>(channels, qparams.scale[0]);
    qparams.zero_point = std::vector<int32_t>(channels, qparams.zero_point[0]);
    qparams.axis = 0;
  }
  Tensor sums(DType::f32, {static_cast<int64_t>(channels)});
  for (std::size_t c = 0; c < channels; ++c) {
    const auto scale = static_cast<float>(affine[c].scale * qparams.scale[c]);
    const auto b = static_cast<float>(affine[c].scale * bias[c] + affine[c].shift);
    if (!std::isnormal(scale) || scale < 0 || !std::isfinite(b)) return false;
    qparams.scale[c] = scale;
    sums.span<float>()[c] = b;
  }
  if (std::ranges::any_of(affine, [](const Channel& channel) { return channel.scale != 1; })) {
    const QParamConstants constants = add_qparams(graph, graph[dequantize.inputs[0]].name, std::move(qparams),
                                                  graph[dequantize.inputs[0]].dtype.value());
    dequantize.inputs.resize(2);
    dequantize.inputs[1] = constants.scale;
    if (constants.zero_point != kNoValue) dequantize.inputs.push_back(constants.zero_point);
    dequantize.attrs.set("axis", int64_t{0});
  }
  conv.inputs.resize(3, kNoValue);
  conv.inputs[2] = graph.add_constant(graph.unique_value_name(text("{}.bias", conv.name)), std::move(sums));
  return true;
}

}  // namespace

int fold_affine_into_conv(Graph& graph, bool folds_normalization) {
  const Uses uses(graph);
  int folded = 0;
  for (Node& conv : graph.nodes) {
    if (conv.op->name != kConv || !graph.knows_types(conv)) continue;
    Node* const dequantize = dequantized_weights(graph, uses, conv);
    if (dequantize == nullptr && !is_foldable_conv(graph, conv)) continue;
    const Shape weights = *graph[conv.inputs[1]].shape;
    for (;;) {
      const ValueId data = conv.outputs[0];
      const uint32_t n = uses.only_consumer(data);
      if (n == Uses::kNone) break;
      Node& next = graph.nodes[n];
      if (next.outputs.size() != 1 || !graph.knows_types(next)) break;
      if (!folds_normalization && next.op->name == kNormalization) break;
      const auto affine = read_affine(graph, uses, next, data, weights[0], weights.rank());
      if (affine.empty()) break;
      const ValueId old_weights = conv.inputs[1];
      if (!(dequantize ? apply(graph, uses, conv, *dequantize, affine) : apply(graph, conv, affine))) break;
      // All weights twice would be too much memory on a small device.
      const bool is_made_here = old_weights >= uses.consumers.size();
      if (dequantize == nullptr && (is_made_here || uses.only_consumer(old_weights) != Uses::kNone))
        graph[old_weights].constant.reset();
      // The convolution now computes what `next` did; `next` is left with an output that nobody reads.
      std::swap(conv.outputs[0], next.outputs[0]);
      next.inputs.assign(next.inputs.size(), conv.inputs[0]);
      ++folded;
    }
  }
  remove_dead(graph);
  return folded;
}

}  // namespace octavo
