// (x - mean(x)) / √(mean((x - mean(x))²) + ε) · scale + bias → LayerNormalization(x, scale, bias); x / √(mean(x²) + ε)
// · scale → RMSNormalization(x, scale), however root and quotient are spelt. Keras multiplies out:
// x · i + (bias - mean(x) · i) with i = scale / √(…).
#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "graph/op_def.h"
#include "passes/matching.h"
#include "passes/passes.h"

namespace octavo {

namespace {

// The operators of the algebra.
constexpr Name kMean = "ReduceMean", kPool = "GlobalAveragePool", kSub = "Sub", kAdd = "Add", kMul = "Mul",
               kDiv = "Div", kPow = "Pow", kSqrt = "Sqrt", kReciprocal = "Reciprocal", kNeg = "Neg",
               kLayer = "LayerNormalization", kRms = "RMSNormalization";

// √(mean(of²) + epsilon) over the axes from `axis` on, or one divided by it.
struct Deviation {
  ValueId of;
  int axis;
  double epsilon;
  bool is_inverse;
};

struct Normalization {
  ValueId x;
  int axis;
  double epsilon;
  bool centers;
  ValueId scale = kNoValue, bias = kNoValue;
};

class Recogniser {
 public:
  explicit Recogniser(Graph& graph) : editor_(graph) {}

  int run() {
    return editor_.rewrite_nodes([this](uint32_t n) { return rewrite(n); });
  }

 private:
  const Graph& graph() const { return editor_.graph(); }

  // The first axis of those, all up to the last, that a value is the mean along, with 1 in their places; or -1.
  int mean_axis(ValueId mean, ValueId of) const {
    const int rank = rank_of(graph(), of);
    if (const Node* const pool = editor_.producer(mean, kPool)) return pool->inputs[0] == of ? 2 : -1;
    const Node* const node = editor_.producer(mean, kMean);
    if (node == nullptr || node->inputs[0] != of || node->attrs.get_int("keepdims", 1) == 0) return -1;
    const Tensor* const axes = graph().constant_input(*node, 1);
    if (axes == nullptr || axes->dtype() != DType::s64 || axes->shape().elements() == 0) return -1;
    uint32_t mask = 0;
    for (int64_t axis : axes->span<int64_t>()) mask |= 1u << (axis < 0 ? axis + rank : axis);
    int first = rank;
    while (first > 0 && (mask >> (first - 1) & 1) != 0) mask &= ~(1u << --first);
    return mask == 0 ? first : -1;
  }

  // x, where a value is x².
  ValueId square_root(ValueId id) const {
    if (const Node* const product = editor_.producer(id, kMul))
      return product->inputs[0] == product->inputs[1] ? product->inputs[0] : kNoValue;
    const Node* const power = editor_.producer(id, kPow);
    return power && is_number(graph(), power->inputs[1], 2) ? power->inputs[0] : kNoValue;
  }

  std::optional<Deviation> deviation(ValueId id) const {
    bool is_inverse = false;
    if (const Node* const reciprocal = editor_.producer(id, kReciprocal)) {
      is_inverse = true;
      id = reciprocal->inputs[0];
    } else if (const Node* const quotient = editor_.producer(id, kDiv);
               quotient && is_number(graph(), quotient->inputs[0], 1)) {
      is_inverse = true;
      id = quotient->inputs[1];
    }
    ValueId sum = kNoValue;
    if (const Node* const root = editor_.producer(id, kSqrt)) {
      sum = root->inputs[0];
    } else if (const Node* const power = editor_.producer(id, kPow)) {
      const bool inverts = is_number(graph(), power->inputs[1], -0.5);
      if (!inverts && !is_number(graph(), power->inputs[1], 0.5)) return std::nullopt;
      is_inverse = is_inverse != inverts;
      sum = power->inputs[0];
    }
    const Node* const add = editor_.producer(sum, kAdd);
    for (std::size_t i = 0; add && i < 2; ++i) {
      const auto epsilon = number_of(graph(), add->inputs[i]);
      const Node* const mean = editor_.producer(add->inputs[1 - i]);
      if (!epsilon || *epsilon < 0 || mean == nullptr) continue;
      const ValueId of = square_root(mean->inputs[0]);
      const int axis = of == kNoValue ? -1 : mean_axis(add->inputs[1 - i], mean->inputs[0]);
      // A constant of more axes than the mean adds them.
      if (axis >= 0 && rank_of(graph(), of) == rank_of(graph(), id))
        return Deviation{of, axis, *epsilon, is_inverse};
    }
    return std::nullopt;
  }

  // x, where a deviation is of x - mean(x).
  ValueId centered(const Deviation& d) const {
    const Node* const difference = editor_.producer(d.of, kSub);
    const bool centers = difference && mean_axis(difference->inputs[1], difference->inputs[0]) == d.axis;
    return centers ? difference->inputs[0] : kNoValue;
  }

  // A normalization without scale and bias that a node computes.
  std::optional<Normalization> normalized(const Node& node) const {
    const bool divides = node.op->name == kDiv;
    if (!divides && node.op->name != kMul) return std::nullopt;
    for (std::size_t i = 0; i < (divides ? 1 : 2); ++i) {
      const auto d = deviation(node.inputs[1 - i]);
      if (!d || d->of != node.inputs[i] || d->is_inverse == divides) continue;
      const ValueId x = centered(*d);
      const bool centers = x != kNoValue;
      return Normalization{centers ? x : d->of, d->axis, d->epsilon, centers};
    }
    return std::nullopt;
  }

  // Whether a value has the shape of the axes that are normalized: a scale or bias.
  bool is_parameter(ValueId id, const Normalization& n) const {
    if (id == kNoValue || !graph()[id].shape || graph()[id].dtype != DType::f32) return false;
    const Shape &shape = *graph()[id].shape, &x = *graph()[n.x].shape;
    if (shape.rank() > x.rank()) return false;
    for (int k = 1; k <= x.rank(); ++k) {
      const int64_t have = k <= shape.rank() ? shape[shape.rank() - k] : 1;
      const bool is_normalized = x.rank() - k >= n.axis;
      if (have == kDynamic || have != (is_normalized ? x[x.rank() - k] : 1)) return false;
    }
    return true;
  }

  // x · i + (bias - mean(x) · i) with an inverse deviation i, scaled or not.
  std::optional<Normalization> multiplied_out(const Node& node) const {
    if (node.op->name != kAdd) return std::nullopt;
    for (std::size_t side = 0; side < 2; ++side) {
      const Node* const product = editor_.producer(node.inputs[side], kMul);
      const ValueId offset = node.inputs[1 - side];
      for (std::size_t i = 0; product && i < 2; ++i) {
        const auto found = scaled(product->inputs[1 - i], product->inputs[i], offset);
        if (found) return found;
      }
    }
    return std::nullopt;
  }

  std::optional<Normalization> scaled(ValueId factor, ValueId x, ValueId offset) const {
    const Node* const product = editor_.producer(factor, kMul);
    for (std::size_t i = 0; i < (product ? 2 : 1); ++i) {
      const auto d = deviation(product ? product->inputs[i] : factor);
      if (!d || !d->is_inverse || centered(*d) != x) continue;
      Normalization n{x, d->axis, d->epsilon, true};
      if (product) n.scale = product->inputs[1 - i];
      n.bias = bias_of(offset, editor_.producer(d->of, kSub)->inputs[1], factor);
      if (n.bias != kNoValue && is_parameter(n.bias, n) && (!product || is_parameter(n.scale, n))) return n;
    }
    return std::nullopt;
  }

  // bias, where `offset` is bias - mean · factor.
  ValueId bias_of(ValueId offset, ValueId mean, ValueId factor) const {
    const auto is_product = [&](ValueId id, bool negates) {
      const Node* const product = editor_.producer(id, kMul);
      const ValueId other = product ? other_input(*product, factor) : kNoValue;
      if (!negates || other == kNoValue) return other == mean && other != kNoValue;
      const Node* const negated = editor_.producer(other, kNeg);
      return negated && negated->inputs[0] == mean;
    };
    if (const Node* const difference = editor_.producer(offset, kSub))
      return is_product(difference->inputs[1], false) ? difference->inputs[0] : kNoValue;
    const Node* const sum = editor_.producer(offset, kAdd);
    for (std::size_t i = 0; sum && i < 2; ++i)
      if (is_product(sum->inputs[i], true)) return sum->inputs[1 - i];
    return kNoValue;
  }

  // The parameter that the one reader of a value adds or multiplies with; the reader's output is then the value.
  ValueId take_parameter(ValueId& y, Name op, const Normalization& n) const {
    const ValueId next = only_reader(editor_, y, op);
    if (next == kNoValue) return kNoValue;
    const ValueId parameter = other_input(graph().nodes[editor_.uses().producer[next]], y);
    if (!is_parameter(parameter, n)) return kNoValue;
    y = next;
    return parameter;
  }

  bool rewrite(uint32_t at) {
    const Node& node = graph().nodes[at];
    ValueId y = node.outputs[0];
    if (!graph().knows_types(node) || graph()[y].dtype != DType::f32) return false;
    std::optional<Normalization> n = multiplied_out(node);
    if (!n && (n = normalized(node))) {
      n->scale = take_parameter(y, kMul, *n);
      if (n->centers) n->bias = take_parameter(y, kAdd, *n);
    }
    if (!n || !find_op(n->centers ? kLayer : kRms)) return false;
    if (n->scale == kNoValue && (n->scale = ones(*n)) == kNoValue) return false;
    std::vector<ValueId> inputs{n->x, n->scale};
    if (n->bias != kNoValue) inputs.push_back(n->bias);
    Attrs& attrs = editor_.become(editor_.uses().producer[y], n->centers ? kLayer : kRms, inputs).attrs;
    attrs.set("axis", static_cast<int64_t>(n->axis));
    attrs.set("epsilon", static_cast<float>(n->epsilon));
    return true;
  }

  // A scale that changes nothing; kNoValue where nobody knows its shape.
  ValueId ones(const Normalization& n) {
    const Shape& x = *graph()[n.x].shape;
    Shape shape;
    for (int axis = n.axis; axis < x.rank(); ++axis) shape.dims.push_back(x[axis]);
    if (!shape.is_static()) return kNoValue;
    Tensor scale(DType::f32, shape);
    std::ranges::fill(scale.span<float>(), 1.0f);
    return editor_.add_constant("ones", std::move(scale));
  }

  GraphEditor editor_;
};

}  // namespace

int recognise_normalizations(Graph& graph) { return Recogniser(graph).run(); }

}  // namespace octavo
