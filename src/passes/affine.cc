#include "passes/affine.h"

#include <cmath>
#include <optional>

#include "graph/qdq.h"
#include "ops/elements.h"

namespace octavo {

std::vector<double> numbers_of(const Graph& graph, const Uses& uses, ValueId id, int64_t count) {
  if (id == kNoValue) return {};
  const Tensor* tensor = graph[id].constant.get();
  std::optional<QParams> qparams;
  if (tensor == nullptr && uses.producer[id] != Uses::kNone) {
    const Node& node = graph.nodes[uses.producer[id]];
    if (!is_dequantize(node)) return {};
    tensor = graph.constant_input(node, 0);
    qparams = read_qparams(graph, node);
    if (!qparams || qparams->blocked()) return {};
    if (!qparams->per_tensor() && std::ssize(qparams->scale) != count) return {};
  }
  if (tensor == nullptr || tensor->shape().elements() != count) return {};
  if (!qparams && tensor->dtype() != DType::f32) return {};
  std::vector<double> numbers(static_cast<std::size_t>(count));
  load_elements(tensor->view(), 0, count, numbers.data());
  for (std::size_t i = 0; qparams && i < numbers.size(); ++i) {
    const std::size_t channel = qparams->per_tensor() ? 0 : i;
    numbers[i] = (numbers[i] - qparams->zero_point[channel]) * double{qparams->scale[channel]};
  }
  return numbers;
}

Affine read_batch_normalization(const Graph& graph, const Uses& uses, const Node& node, int64_t channels) {
  std::vector<double> parameters[4];  // scale, bias, mean, variance
  for (std::size_t i = 0; i < 4; ++i) {
    parameters[i] = numbers_of(graph, uses, node.inputs[i + 1], channels);
    if (parameters[i].empty()) return {};
  }
  const auto& [scale, bias, mean, variance] = parameters;
  const double epsilon = node.attrs.get_float("epsilon", 1e-5f);
  Affine affine(scale.size());
  for (std::size_t c = 0; c < scale.size(); ++c) {
    affine[c].scale = scale[c] / std::sqrt(variance[c] + epsilon);
    affine[c].shift = bias[c] - mean[c] * affine[c].scale;
  }
  return affine;
}

}  // namespace octavo
