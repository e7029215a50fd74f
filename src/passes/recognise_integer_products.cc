// Cast(MatMulInteger(q, w, z, zw)) · (s · sw) → MatMul(DequantizeLinear(q, s, z), DequantizeLinear(w, sw, zw)), where
// q, s, z = DynamicQuantizeLinear(x) and w, sw, zw are constant; of ConvInteger and Conv, too. What ONNX Runtime's
// dynamic quantizer writes.
#include <algorithm>
#include <optional>

#include "graph/editor.h"
#include "graph/op_def.h"
#include "graph/qdq.h"
#include "passes/passes.h"

namespace octavo {

namespace {

// The operators of the algebra.
constexpr Name kMul = "Mul", kCast = "Cast", kDequantize = "DequantizeLinear";
constexpr struct Product {
  std::string_view integers, floats;
  int channel_axis;  // of the weights, along which they may have scales
} kProducts[] = {{"MatMulInteger", "MatMul", 1}, {"ConvInteger", "Conv", 0}};

bool is_zero(const Tensor& zero_point) {
  const auto bytes = std::span(zero_point.view().data, zero_point.bytes());
  return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

class Recogniser {
 public:
  explicit Recogniser(Graph& graph) : editor_(graph) {}

  int run() {
    return editor_.rewrite_nodes([this](uint32_t n) { return rewrite(n); });
  }

 private:
  const Graph& graph() const { return editor_.graph(); }

  // The weights' scale: the operand of Mul(s, sw) beside the scale that the activation was quantized with.
  ValueId weight_scale(const Node& scales, ValueId activation_scale) const {
    for (std::size_t i = 0; i < 2; ++i)
      if (scales.inputs[i] == activation_scale && graph().constant_input(scales, 1 - i))
        return scales.inputs[1 - i];
    return kNoValue;
  }

  bool rewrite(uint32_t n) {
    const Node node = graph().nodes[n];
    if (node.op->name != kMul || !graph().knows_types(node) || graph()[node.inputs[0]].dtype != DType::f32)
      return false;
    return rewrite(n, node.inputs[0], node.inputs[1]) || rewrite(n, node.inputs[1], node.inputs[0]);
  }

  bool rewrite(uint32_t n, ValueId sums, ValueId scales) {
    const Node *const cast = editor_.producer(sums, kCast), *const scale = editor_.producer(scales, kMul);
    const Node* const product = cast ? editor_.producer(cast->inputs[0]) : nullptr;
    if (product == nullptr || scale == nullptr || !graph().knows_types(*product)) return false;
    const auto row = std::ranges::find(kProducts, product->op->name, &Product::integers);
    if (row == std::end(kProducts)) return false;
    const Node* const quantize = editor_.producer(product->inputs[0]);
    if (quantize == nullptr || !is_dynamic_quantize(*quantize) || !product->has_input(2) ||
        quantize->outputs[0] != product->inputs[0] || quantize->outputs[2] != product->inputs[2])
      return false;
    const ValueId w_scale = weight_scale(*scale, quantize->outputs[1]);
    if (w_scale == kNoValue) return false;
    const auto weights = dequantized_weights(*product, w_scale, row->channel_axis);
    if (!weights) return false;

    const std::string stem = product->name;
    Attrs attrs = product->attrs;
    const std::vector<ValueId> quantized = quantize->outputs;  // adding nodes moves those there are
    const TensorType type{DType::f32, graph()[quantized[0]].shape};
    const ValueId x =
        editor_.add_node(get_op(kDequantize), quantized, stem + "_dequantized", type).outputs[0];
    const ValueId w = add_weights(*weights, stem);
    editor_.become(n, get_op(row->floats), {x, w}).attrs = std::move(attrs);
    return true;
  }

  struct Weights {
    std::vector<ValueId> inputs;  // of DequantizeLinear
    int64_t axis;
    std::optional<Shape> shape;
  };

  // Nothing where their scales are none that DequantizeLinear could have, or vary along another axis than the
  // channels'.
  std::optional<Weights> dequantized_weights(const Node& product, ValueId scale, int channel_axis) const {
    const Tensor *const w = graph().constant_input(product, 1), *const zero =
                                                                    graph().constant_input(product, 3);
    const Tensor& scales = *graph()[scale].constant;
    if (w == nullptr || (product.has_input(3) && zero == nullptr)) return std::nullopt;
    const Shape &shape = w->shape(), &scale_shape = scales.shape();
    const bool is_one = scale_shape.elements() == 1 && scale_shape.rank() <= 1;
    // The scales of a product of matrices stand along its last axis. Those of images would have to be [C, 1, 1].
    const bool is_by_column =
        channel_axis == 1 && shape.rank() == 2 && scale_shape.rank() == 1 && scale_shape[0] == shape[1];
    if (scales.dtype() != DType::f32 || (!is_one && !is_by_column)) return std::nullopt;
    Weights weights{{product.inputs[1], scale}, channel_axis, shape};
    if (zero == nullptr || is_zero(*zero)) return weights;
    const Shape& zero_shape = zero->shape();
    if (zero_shape.rank() != scale_shape.rank() || zero_shape.elements() != scale_shape.elements())
      return std::nullopt;
    weights.inputs.push_back(product.inputs[3]);
    return weights;
  }

  ValueId add_weights(const Weights& weights, const std::string& stem) {
    const TensorType type{DType::f32, weights.shape};
    Node& node = editor_.add_node(get_op(kDequantize), weights.inputs, stem + "_weights", type);
    node.attrs.set("axis", weights.axis);
    return node.outputs[0];
  }

  GraphEditor editor_;
};

}  // namespace

int recognise_integer_products(Graph& graph) { return Recogniser(graph).run(); }

}  // namespace octavo
