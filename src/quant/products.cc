#include "quant/products.h"

#include <algorithm>

#include "graph/op_def.h"
#include "ops/conv_layer.h"
#include "quant/gram.h"

namespace octavo {

namespace {

// Of a recurrent network: R.
constexpr uint32_t kStateWeight = 2;

// Whether what the weight is multiplied with depends on the node.
bool sees_groups(const Node& node, uint32_t input) {
  return node.op->quant.rows == ProductRows::windows || sees_states(node, input);
}

}  // namespace

bool sees_states(const Node& node, uint32_t input) {
  return node.op->quant.has_state && input == kStateWeight;
}

std::optional<ProductSize> product_size(const Graph& graph, const Node& node, ValueId weight) {
  const Shape& w = graph[weight].constant->shape();
  if (w.elements() == 0) return std::nullopt;
  if (node.op->quant.has_state) {
    const bool is_of_state = node.inputs[kStateWeight] == weight;
    if (is_of_state && node.attrs.get_int("layout", 0) != 0) return std::nullopt;
    return ProductSize{is_of_state ? w[0] : 1, w[2]};
  }
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
  const int64_t groups = product_size(graph, node, weight)->groups;
  if (node.op->quant.has_state)
    return {
        kernels::weights_nk(data, static_cast<int>(w.shape[0] * w.shape[1]), static_cast<int>(w.shape[2])),
        groups};
  if (node.op->quant.rows == ProductRows::windows) {
    const kernels::ConvGeometry g = conv_weight_geometry(node.attrs, w.shape);
    return {kernels::weights_oihw(data, g.oc, g.group_channels(), g.kd * g.kh, g.kw), groups};
  }
  const int channels = node.op->quant.weight_axis(graph, node);
  const auto n = static_cast<int>(w.shape[channels]), k = static_cast<int>(w.shape[1 - channels]);
  return {channels == 0 ? kernels::weights_nk(data, n, k) : kernels::weights_kn(data, k, n), groups};
}

bool ObservedProducts::has_room_for(const OperandId& operand) {
  const Node& node = graph_.nodes[operand.node];
  const auto size = product_size(graph_, node, node.inputs[operand.input]);
  if (!size) return false;
  const int64_t id = ProductIds(graph_).of(graph_, operand);
  if (std::ranges::find(ids_, id) != ids_.end()) return true;
  const uint64_t bytes = Gram::bytes(size->groups, size->depth);
  if (bytes > room_) return false;
  room_ -= bytes;
  ids_.push_back(id);
  return true;
}

int64_t ProductIds::of(const Graph& graph, const OperandId& operand) const {
  const Node& node = graph.nodes[operand.node];
  return sees_groups(node, operand.input) ? 2 * values + int64_t{node.inputs[operand.input]}
                                          : values + int64_t{node.inputs[0]};
}

}  // namespace octavo
