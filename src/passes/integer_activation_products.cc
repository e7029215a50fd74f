// MatMul(DequantizeLinear(a, …), DequantizeLinear(b, …)) → octavo.QMatMul(a, b, …), where both are uint8 activations with
// one scale: constant, or what DynamicQuantizeLinear makes.
#include <cmath>

#include "graph/op_def.h"
#include "graph/qdq.h"
#include "graph/rewriter.h"
#include "kernels/epilogue.h"
#include "passes/passes.h"

namespace octavo {

namespace {

constexpr std::string_view kMatMul = "MatMul", kIntegerForm = "octavo.QMatMul";

class Products {
 public:
  explicit Products(Graph& graph) : graph_(graph), uses_(graph) {}

  int run() {
    int changes = 0;
    for (Node& node : graph_.nodes)
      if (node.op->name == kMatMul && graph_.knows_types(node) && rewrite(node)) ++changes;
    return changes;
  }

 private:
  const Node* producer(ValueId id) const {
    return uses_.producer[id] == Uses::kNone ? nullptr : &graph_.nodes[uses_.producer[id]];
  }

  bool is_one(ValueId id) const {
    return graph_[id].shape && graph_[id].shape->is_static() && graph_[id].shape->elements() == 1;
  }

  // A scale for which the products of integers are those of floats.
  bool is_usable_scale(ValueId id) const {
    if (!is_one(id) || graph_[id].dtype != DType::f32) return false;
    if (const ConstantTensor& scale = graph_[id].constant)
      return scale->span<float>()[0] > 0 && std::isfinite(scale->span<float>()[0]);
    const Node* const node = producer(id);
    return node && is_dynamic_quantize(*node) && node->notes.granularity == Granularity::tensor;
  }

  // The DequantizeLinear of uint8 that makes an operand, or null.
  const Node* dequantize_of(ValueId id) const {
    const Node* const node = producer(id);
    const bool fits = node && is_dequantize(*node) && graph_[node->inputs[0]].dtype == DType::u8 &&
                      is_usable_scale(node->inputs[1]) && (!node->has_input(2) || is_one(node->inputs[2]));
    return fits ? node : nullptr;
  }

  bool rewrite(Node& node) {
    const Node *const a = dequantize_of(node.inputs[0]), *const b = dequantize_of(node.inputs[1]);
    if (a == nullptr || b == nullptr || graph_[b->inputs[0]].is_constant()) return false;
    const Shape& shape = *graph_[node.inputs[0]].shape;
    const int64_t depth = shape.rank() > 0 ? shape[shape.rank() - 1] : kDynamic;
    if (depth == kDynamic || depth > kernels::max_reduction / 2) return false;
    const auto zero_point = [](const Node& dequantize) {
      return dequantize.has_input(2) ? dequantize.inputs[2] : kNoValue;
    };
    node.op = &get_op(kIntegerForm);
    node.inputs = {a->inputs[0], b->inputs[0], a->inputs[1], zero_point(*a), b->inputs[1], zero_point(*b)};
    return true;
  }

  Graph& graph_;
  const Uses uses_;
};

}  // namespace

int integer_activation_products(Graph& graph) { return find_op(kIntegerForm) ? Products(graph).run() : 0; }

}  // namespace octavo
