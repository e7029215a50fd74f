// DQ → BatchNormalization → Q, where no convolution could take it: → Conv of one tap a channel between the same, which
// has an integer form. y = a·x + b becomes Conv(x, DQ(±127, |a| / 127), b).
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

constexpr std::string_view kNormalization = "BatchNormalization";
constexpr int kTap = 127;

// The scale of the Q node that alone reads a node's output, directly or behind a clamp.
std::optional<float> output_scale(const Graph& graph, const Uses& uses, const Node& node) {
  const auto reader = [&](const Node& of) -> const Node* {
    const uint32_t n = uses.only_consumer(of.outputs[0]);
    return n == Uses::kNone ? nullptr : &graph.nodes[n];
  };
  const Node* next = reader(node);
  if (next != nullptr && clamp_of(graph, *next)) next = reader(*next);
  const auto qparams = next != nullptr && is_quantize(*next) ? read_qparams(graph, *next) : std::nullopt;
  if (!qparams || !qparams->per_tensor()) return std::nullopt;
  return qparams->scale[0];
}

}  // namespace

int integer_normalizations(Graph& graph) {
  const Uses uses(graph);
  std::vector<Node> dequantized;
  for (Node& node : graph.nodes) {
    if (node.op->name != kNormalization || !graph.knows_types(node) ||
        !node.op->quant.obstacle(graph, node).empty())
      continue;
    const uint32_t before = uses.producer[node.inputs[0]];
    const auto in = before == Uses::kNone || !is_dequantize(graph.nodes[before])
                        ? std::nullopt
                        : read_qparams(graph, graph.nodes[before]);
    const auto out_scale = output_scale(graph, uses, node);
    const int64_t channels = graph[node.inputs[1]].shape->elements();
    const auto affine = read_batch_normalization(graph, uses, node, channels);
    if (!in || !in->per_tensor() || !out_scale || affine.empty()) continue;

    // A channel of nothing but its bias has units for that.
    const float fine = *out_scale / in->scale[0] / kTap;
    const auto is_number = [](double x) { return std::isfinite(static_cast<float>(x)); };
    const auto has_numbers = [&](const Channel& c) { return is_number(c.scale) && is_number(c.shift); };
    if (!std::isnormal(fine) || !std::ranges::all_of(affine, has_numbers)) continue;

    Shape shape(Dims(graph[node.inputs[0]].shape->rank(), 1));
    shape[0] = channels;
    Tensor taps(DType::s8, shape), bias(DType::f32, {channels});
    QParams qparams{.axis = 0, .qmin = -kTap, .qmax = kTap};
    for (int64_t c = 0; c < channels; ++c) {
      const auto scale = static_cast<float>(std::abs(affine[c].scale) / kTap);
      const bool is_dead = scale < std::numeric_limits<float>::min();
      taps.span<int8_t>()[c] = static_cast<int8_t>(is_dead ? 0 : affine[c].scale < 0 ? -kTap : kTap);
      bias.span<float>()[c] = static_cast<float>(affine[c].shift);
      qparams.scale.push_back(is_dead ? fine : scale);
      qparams.zero_point.push_back(0);
    }
    const std::string name = node.name;
    const ValueId weights =
        graph.add_constant(graph.unique_value_name(text("{}.weights", name)), std::move(taps));
    const QParamConstants constants = add_qparams(graph, graph[weights].name, std::move(qparams), DType::s8);
    dequantized.push_back(make_dequantize(graph, graph[weights].name, weights, constants));
    node.inputs.resize(3);
    node.inputs[1] = dequantized.back().outputs[0];
    node.inputs[2] = graph.add_constant(graph.unique_value_name(text("{}.bias", name)), std::move(bias));
    node.op = &get_op("Conv");
    node.attrs = {};
    node.attrs.set("group", channels);
  }
  const int changes = static_cast<int>(dequantized.size());
  for (Node& node : dequantized) graph.nodes.push_back(std::move(node));
  if (changes > 0) sort_nodes(graph);
  return changes;
}

}  // namespace octavo
