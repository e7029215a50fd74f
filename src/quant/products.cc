#include "quant/products.h"

#include "graph/op_def.h"
#include "ops/conv_layer.h"

namespace octavo {

std::optional<ProductSize> product_size(const Graph& graph, const Node& node, ValueId weight) {
  const Shape& w = graph[weight].constant->shape();
  if (w.elements() == 0) return std::nullopt;
  switch (node.op->quant.rows) {
    case ProductRows::windows: {
      const kernels::ConvGeometry g = conv_weight_geometry(node.attrs, w);
      return ProductSize{g.groups, g.depth()};
    }
    case ProductRows::last_axis:
      if (w.rank() != 2) return std::nullopt;
      return ProductSize{1, w[1 - node.op->quant.weight_axis(graph, node)]};
    case ProductRows::unknown: break;
  }
  return std::nullopt;
}

WeightRows weight_rows(const Graph& graph, const Node& node, ValueId weight) {
  const TensorView w = graph[weight].constant->view();
  const float* const data = w.as<float>();
  if (node.op->quant.rows == ProductRows::windows) {
    const kernels::ConvGeometry g = conv_weight_geometry(node.attrs, w.shape);
    return {kernels::weights_oihw(data, g.oc, g.group_channels(), g.kd * g.kh, g.kw), g.groups};
  }
  const int channels = node.op->quant.weight_axis(graph, node);
  const auto n = static_cast<int>(w.shape[channels]), k = static_cast<int>(w.shape[1 - channels]);
  return {channels == 0 ? kernels::weights_nk(data, n, k) : kernels::weights_kn(data, k, n), 1};
}

int64_t ProductIds::of(const Graph& graph, const OperandId& operand) const {
  const Node& node = graph.nodes[operand.node];
  const bool sees_windows = node.op->quant.rows == ProductRows::windows;
  return sees_windows ? 2 * values + int64_t{node.inputs[operand.input]} : values + int64_t{node.inputs[0]};
}

}  // namespace octavo
