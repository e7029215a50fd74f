// What a weight is multiplied with, as rows.
#pragma once

#include <optional>

#include "kernels/weights.h"
#include "quant/quantization_plan.h"

namespace octavo {

// Rows of a constant weight, each of which makes one channel of the output: those of a group one after the other,
// `depth` elements in the order of what they are multiplied with.
struct WeightRows {
  kernels::WeightView<const float> weights;
  int64_t groups;
};

// Whether the weight is that of a recurrent network's states (R), which are what its output 0 and its input 5, the
// state before all steps, hold.
bool sees_states(const Node& node, uint32_t input);

// How much there is of what a weight is multiplied with: rows of so many elements, by group.
struct ProductSize {
  int64_t groups, depth;
};

// Of the float32 constant `weight` of a node, which is not looked into; nothing where the operator does not say
// (QuantRule::rows), or where there is nothing to multiply, or no matrix.
std::optional<ProductSize> product_size(const Graph& graph, const Node& node, ValueId weight);

// Of the float32 constant `weight` of a node that has a product_size.
WeightRows weight_rows(const Graph& graph, const Node& node, ValueId weight);

// The ids under which an observer sees what weights of a plan are multiplied with, and channels of values. Others than
// those of values; weights that are multiplied with the same have the same.
struct ProductIds {
  int64_t values;

  explicit ProductIds(const Graph& graph) : values(std::ssize(graph.values)) {}

  int64_t of(const Graph& graph, const OperandId& operand) const;
  bool is_product(int64_t id) const { return id >= values; }
  // Of windows and of states, [groups, rows, depth], once or several times; else of rows along the last axis.
  bool has_groups(int64_t id) const { return id >= 2 * values; }
  // Of a value in ONNX's order, for its channels.
  int64_t channels(ValueId value) const { return 3 * values + int64_t{value}; }
};

// Which products are observed for weights that are rounded by them: as many as there is room for.
class ObservedProducts {
 public:
  explicit ObservedProducts(const Graph& graph) : graph_(graph) {}
  // Whether what a weight is multiplied with can be kept, beside what others are.
  bool has_room_for(const OperandId& operand);

 private:
  const Graph& graph_;
  // Of what is kept. Weights for which there is no room are rounded to the nearest.
  uint64_t room_ = uint64_t{512} << 20;
  std::vector<int64_t> ids_;
};

}  // namespace octavo
