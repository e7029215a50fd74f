// Softmax(s · Q · Kᵀ + mask) · V → Attention(Q, K, V, mask), where nobody else reads the scores. What splits rows of
// numbers into heads and joins them again becomes part of it: Attention reads [batch, length, heads · size] as it is.
#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "base/error.h"
#include "graph/editor.h"
#include "graph/op_def.h"
#include "passes/passes.h"

namespace octavo {

namespace {

// The operators of the algebra.
constexpr std::string_view kMatMul = "MatMul", kSoftmax = "Softmax", kAdd = "Add", kMul = "Mul", kDiv = "Div",
                           kTranspose = "Transpose", kReshape = "Reshape", kAttention = "Attention";

class Recogniser {
 public:
  explicit Recogniser(Graph& graph) : editor_(graph) {}

  int run() {
    int changes = 0;
    const auto count = static_cast<uint32_t>(graph().nodes.size());
    for (uint32_t n = 0; n < count; ++n) changes += rewrite(n) ? 1 : 0;
    if (changes > 0) editor_.finish();
    return changes;
  }

 private:
  const Graph& graph() const { return editor_.graph(); }

  bool is_alone(ValueId id) const { return editor_.uses().only_consumer(id) != Uses::kNone; }
  int rank(ValueId id) const { return graph()[id].shape ? graph()[id].shape->rank() : -1; }

  // Takes a factor from x: Mul(x, c) and Div(x, c) with a constant of one element.
  ValueId unscaled(ValueId x, double& scale) const {
    const Node* node = editor_.producer(x, kMul);
    const bool divides = node == nullptr;
    if (divides) node = editor_.producer(x, kDiv);
    for (std::size_t i = 0; node && i < (divides ? 1 : 2); ++i) {
      const Tensor* const factor = graph().constant_input(*node, 1 - i);
      if (factor == nullptr || factor->dtype() != DType::f32 || factor->shape().elements() != 1 ||
          rank(node->inputs[i]) != rank(x))
        continue;
      const double number = factor->span<float>()[0];
      scale = divides ? scale / number : scale * number;
      return node->inputs[i];
    }
    return x;
  }

  // What becomes x by a permutation of axes, and the permutation; x itself where there is none.
  std::pair<ValueId, std::vector<int64_t>> untransposed(ValueId x) const {
    if (const Node* const transpose = editor_.producer(x, kTranspose)) {
      const std::span<const int64_t> given = transpose->attrs.get_ints("perm");
      if (given.size() == 4) return {transpose->inputs[0], {given.begin(), given.end()}};
    }
    return {x, {0, 1, 2, 3}};
  }

  // [batch, length, heads · size] of which a Reshape makes [batch, length, heads, size], or nothing.
  ValueId joined(ValueId split) const {
    const Node* const reshape = editor_.producer(split, kReshape);
    if (reshape == nullptr || rank(reshape->inputs[0]) != 3) return kNoValue;
    const Shape &to = *graph()[split].shape, &from = *graph()[reshape->inputs[0]].shape;
    const bool splits = to[2] != kDynamic && to[3] != kDynamic && from[2] == to[2] * to[3];
    return splits && to[0] == from[0] && to[0] != kDynamic ? reshape->inputs[0] : kNoValue;
  }

  // Q, K or V as they are made of `source` by a permutation, and the heads that are joined there, if they are.
  struct Operand {
    ValueId source;
    std::vector<int64_t> permutation;
    ValueId joined = kNoValue;
    int64_t heads = 0;
  };

  // `swaps`: of x with its last two axes in each other's place.
  Operand operand(ValueId x, bool swaps) const {
    auto [source, permutation] = untransposed(x);
    if (swaps) std::swap(permutation[2], permutation[3]);
    Operand operand{source, std::move(permutation)};
    if (operand.permutation == std::vector<int64_t>{0, 2, 1, 3}) operand.joined = joined(source);
    if (operand.joined != kNoValue) operand.heads = (*graph()[source].shape)[2];
    return operand;
  }

  // A mask that Attention reads as Add does: it has the last axis of the scores, and makes them no larger.
  bool is_mask(ValueId mask, ValueId scores) const {
    if (rank(mask) < 1 || rank(mask) > 4 || graph()[mask].dtype != DType::f32) return false;
    const Shape &from = *graph()[mask].shape, &to = *graph()[scores].shape;
    const int offset = 4 - from.rank();
    for (int axis = 0; axis < from.rank(); ++axis) {
      const bool is_equal = from[axis] != kDynamic && from[axis] == to[offset + axis];
      if (!is_equal && (from[axis] != 1 || axis == from.rank() - 1)) return false;
    }
    return true;
  }

  bool rewrite(uint32_t n) {
    const Node node = graph().nodes[n];
    if (node.op->name != kMatMul || !graph().knows_types(node)) return false;
    const ValueId y = node.outputs[0];
    const Node* const softmax = editor_.producer(node.inputs[0], kSoftmax);
    if (softmax == nullptr || rank(y) != 4 || rank(node.inputs[1]) != 4 || !is_alone(node.inputs[0]) ||
        graph()[y].dtype != DType::f32)
      return false;
    const int64_t axis = softmax->attrs.get_int("axis", -1);
    if (axis != -1 && axis != 3) return false;

    ValueId scores = softmax->inputs[0], mask = kNoValue;
    if (!is_alone(scores)) return false;
    if (const Node* const sum = editor_.producer(scores, kAdd)) {
      const std::size_t product = makes_scores(sum->inputs[0]) ? 0 : 1;
      mask = sum->inputs[1 - product];
      scores = sum->inputs[product];
      if (!makes_scores(scores) || !is_alone(scores) || !is_mask(mask, scores)) return false;
    }
    double scale = 1;
    const ValueId products = unscaled(scores, scale);
    const Node* const product = editor_.producer(products, kMatMul);
    if (product == nullptr || !is_alone(products) || rank(products) != 4) return false;
    const ValueId q = unscaled(product->inputs[0], scale), k = unscaled(product->inputs[1], scale);
    if (rank(q) != 4 || rank(k) != 4 || !have_one_batch(q, k, node.inputs[1]) || !(std::abs(scale) <= 1e30))
      return false;
    become_attention(n, node, q, k, mask, static_cast<float>(scale));
    return true;
  }

  // Whether a value is a product, scaled or not.
  bool makes_scores(ValueId id) const {
    double scale = 1;
    const ValueId x = rank(id) == 4 ? unscaled(id, scale) : kNoValue;
    return x != kNoValue && editor_.producer(x, kMatMul) != nullptr;
  }

  // MatMul broadcasts batches and heads; Attention does not.
  bool have_one_batch(ValueId q, ValueId k, ValueId v) const {
    const Shape &a = *graph()[q].shape, &b = *graph()[k].shape, &c = *graph()[v].shape;
    const auto equal = [&](int axis) {
      return a[axis] == b[axis] && b[axis] == c[axis] && a[axis] != kDynamic;
    };
    return equal(0) && equal(1);
  }

  void become_attention(uint32_t n, const Node& node, ValueId q, ValueId k, ValueId mask, float scale) {
    const ValueId v = node.inputs[1], merged = merged_output(node.outputs[0]);
    const Operand query = operand(q, false), key = operand(k, true), value = operand(v, false);
    const bool are_joined =
        merged != kNoValue && query.joined != kNoValue && key.joined != kNoValue && value.joined != kNoValue;
    Attrs attrs;
    attrs.set("scale", scale);
    std::vector<ValueId> inputs;
    if (are_joined) {
      attrs.set("q_num_heads", query.heads);
      attrs.set("kv_num_heads", key.heads);
      inputs = {query.joined, key.joined, value.joined};
    } else {
      inputs = {q, permuted(key, node.name), v};
    }
    if (mask != kNoValue) inputs.push_back(mask);
    if (!are_joined) return editor_.become(n, get_op(kAttention), std::move(attrs), std::move(inputs));
    const ValueId y =
        editor_.add_node(get_op(kAttention), std::move(attrs), std::move(inputs), node.name, graph()[merged]);
    editor_.replace_uses(merged, y);
  }

  // [batch, length, heads · size] that is made of y, [batch, heads, length, size], and of nothing else; or nothing.
  ValueId merged_output(ValueId y) const {
    const ValueId transposed = only_reader(y, kTranspose);
    if (transposed == kNoValue || untransposed(transposed).second != std::vector<int64_t>{0, 2, 1, 3})
      return kNoValue;
    const ValueId merged = only_reader(transposed, kReshape);
    if (merged == kNoValue || rank(merged) != 3) return kNoValue;
    const Shape &from = *graph()[transposed].shape, &to = *graph()[merged].shape;
    const bool joins = from[2] != kDynamic && from[3] != kDynamic && to[2] == from[2] * from[3];
    return joins && to[0] == from[0] && to[0] != kDynamic ? merged : kNoValue;
  }

  ValueId only_reader(ValueId id, std::string_view op) const {
    const uint32_t n = editor_.uses().only_consumer(id);
    if (n == Uses::kNone) return kNoValue;
    const Node& reader = graph().nodes[n];
    const bool fits = reader.op->name == op && graph().knows_types(reader) && reader.inputs[0] == id;
    return fits ? reader.outputs[0] : kNoValue;
  }

  ValueId permuted(const Operand& x, std::string_view stem) {
    if (x.permutation == std::vector<int64_t>{0, 1, 2, 3}) return x.source;
    Attrs attrs;
    attrs.set("perm", x.permutation);
    const Shape from = *graph()[x.source].shape;
    Shape to;
    for (int64_t axis : x.permutation) to.dims.push_back(from[static_cast<int>(axis)]);
    return editor_.add_node(get_op(kTranspose), std::move(attrs), {x.source}, text("{}_keys", stem),
                            {DType::f32, to});
  }

  GraphEditor editor_;
};

}  // namespace

int recognise_attention(Graph& graph) { return find_op(kAttention) ? Recogniser(graph).run() : 0; }

}  // namespace octavo
