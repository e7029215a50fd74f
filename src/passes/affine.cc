#include "passes/affine.h"

#include <cmath>

#include "graph/qdq.h"
#include "ops/elements.h"

namespace octavo {

std::optional<std::vector<double>> numbers_of(const Graph& graph, const Uses& uses, ValueId id,
                                              int64_t count) {
  if (id == kNoValue) return std::nullopt;
  const Tensor* tensor = graph[id].constant.get();
  std::optional<QParams> qparams;
  if (tensor == nullptr && uses.producer[id] != Uses::kNone) {
    const Node& node = graph.nodes[uses.producer[id]];
    if (!is_dequantize(node)) return std::nullopt;
    tensor = graph.constant_input(node, 0);
    qparams = read_qparams(graph, node);
    if (!qparams || qparams->blocked()) return std::nullopt;
    if (!qparams->per_tensor() && std::ssize(qparams->scale) != count) return std::nullopt;
  }
  if (tensor == nullptr || tensor->shape().elements() != count) return std::nullopt;
  if (!qparams && tensor->dtype() != DType::f32) return std::nullopt;
  std::vector<double> numbers(static_cast<std::size_t>(count));
  load_elements(tensor->view(), 0, count, numbers.data());
  for (std::size_t i = 0; qparams && i < numbers.size(); ++i) {
    const std::size_t channel = qparams->per_tensor() ? 0 : i;
    numbers[i] = (numbers[i] - qparams->zero_point[channel]) * double{qparams->scale[channel]};
  }
  return numbers;
}

std::optional<Affine> read_batch_normalization(const Graph& graph, const Uses& uses, const Node& node,
                                               int64_t channels) {
  std::vector<double> parameters[4];  // scale, bias, mean, variance
  for (std::size_t i = 0; i < 4; ++i) {
    auto numbers = numbers_of(graph, uses, node.inputs[i + 1], channels);
    if (!numbers) return std::nullopt;
    parameters[i] = std::move(*numbers);
  }
  const auto& [scale, bias, mean, variance] = parameters;
  const double epsilon = node.attrs.get_float("epsilon", 1e-5f);
  Affine affine;
  for (std::size_t c = 0; c < scale.size(); ++c) {
    affine.scale.push_back(scale[c] / std::sqrt(variance[c] + epsilon));
    affine.shift.push_back(bias[c] - mean[c] * affine.scale[c]);
  }
  return affine;
}

}  // namespace octavo
