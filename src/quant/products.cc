#include "quant/products.h"

#include "graph/op_def.h"
#include "ops/conv_layer.h"

namespace octavo {

std::optional<WeightRows> weight_rows(const Graph& graph, const Node& node, ValueId weight) {
  const TensorView w = graph[weight].constant->view();
  const float* const data = w.as<float>();
  switch (node.op->quant.rows) {
    case ProductRows::windows: {
      const kernels::ConvGeometry g = conv_weight_geometry(node.attrs, w.shape);
      return WeightRows{kernels::weights_oihw(data, g.oc, g.group_channels(), g.kd * g.kh, g.kw), g.groups};
    }
    case ProductRows::last_axis: {
      if (w.shape.rank() != 2) return std::nullopt;
      const int channels = node.op->quant.weight_axis(graph, node);
      const auto n = static_cast<int>(w.shape[channels]), k = static_cast<int>(w.shape[1 - channels]);
      return WeightRows{channels == 0 ? kernels::weights_nk(data, n, k) : kernels::weights_kn(data, k, n), 1};
    }
    case ProductRows::unknown: break;
  }
  return std::nullopt;
}

int64_t ProductIds::of(const Graph& graph, const OperandId& operand) const {
  const Node& node = graph.nodes[operand.node];
  const bool sees_windows = node.op->quant.rows == ProductRows::windows;
  return sees_windows ? 2 * values + int64_t{node.inputs[operand.input]} : values + int64_t{node.inputs[0]};
}

}  // namespace octavo
