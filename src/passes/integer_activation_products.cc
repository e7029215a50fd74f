// MatMul(DequantizeLinear(a, …), DequantizeLinear(b, …)) → octavo.QMatMul(a, b, …), where both are uint8 activations
// with one scale: constant, or what DynamicQuantizeLinear makes.
#include <cmath>

#include "graph/editor.h"
#include "graph/op_def.h"
#include "graph/qdq.h"
#include "kernels/epilogue.h"
#include "passes/passes.h"

namespace octavo {

namespace {

constexpr Name kMatMul = "MatMul", kIntegerForm = "octavo.QMatMul";

class Products {
 public:
  explicit Products(Graph& graph) : editor_(graph) {}

  int run() {
    return editor_.rewrite_nodes([this](uint32_t n) { return rewrite(n); });
  }

 private:
  const Graph& graph() const { return editor_.graph(); }

  bool is_one(ValueId id) const {
    return graph()[id].shape && graph()[id].shape->is_static() && graph()[id].shape->elements() == 1;
  }

  // A scale for which the products of integers are those of floats.
  bool is_usable_scale(ValueId id) const {
    if (!is_one(id) || graph()[id].dtype != DType::f32) return false;
    if (const ConstantTensor& scale = graph()[id].constant)
      return scale->span<float>()[0] > 0 && std::isfinite(scale->span<float>()[0]);
    const Node* const node = editor_.producer(id);
    return node && is_dynamic_quantize(*node) && node->notes.granularity == Granularity::tensor;
  }

  // The DequantizeLinear of uint8 that makes an operand, or null.
  const Node* dequantize_of(ValueId id) const {
    const Node* const node = editor_.producer(id);
    const bool fits = node && is_dequantize(*node) && graph().knows_types(*node) &&
                      graph()[node->inputs[0]].dtype == DType::u8 && is_usable_scale(node->inputs[1]) &&
                      (!node->has_input(2) || is_one(node->inputs[2]));
    return fits ? node : nullptr;
  }

  bool rewrite(uint32_t n) {
    const Node& node = graph().nodes[n];
    if (node.op->name != kMatMul || !graph().knows_types(node)) return false;
    const Node *const a = dequantize_of(node.inputs[0]), *const b = dequantize_of(node.inputs[1]);
    if (a == nullptr || b == nullptr || graph()[b->inputs[0]].is_constant()) return false;
    const Shape& shape = *graph()[node.inputs[0]].shape;
    const int64_t depth = shape.rank() > 0 ? shape[shape.rank() - 1] : kDynamic;
    if (depth == kDynamic || depth > kernels::max_reduction / 2) return false;
    const auto zero_point = [](const Node& dequantize) {
      return dequantize.has_input(2) ? dequantize.inputs[2] : kNoValue;
    };
    editor_.become(n, kIntegerForm,
                   {a->inputs[0], b->inputs[0], a->inputs[1], zero_point(*a), b->inputs[1], zero_point(*b)});
    return true;
  }

  GraphEditor editor_;
};

}  // namespace

int integer_activation_products(Graph& graph) { return find_op(kIntegerForm) ? Products(graph).run() : 0; }

}  // namespace octavo
