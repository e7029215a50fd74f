// Softmax(s · Q · Kᵀ + masks) · V → Attention(Q, K, V, mask), where nobody else reads the scores. What splits rows of
// numbers into heads, repeats heads and joins them again becomes part of it. A mask may also choose: Where(m, scores,
// -∞). Attention broadcasts as the products and sums do that it stands for, so nothing has to be known about shapes but
// their axes.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "base/error.h"
#include "graph/op_def.h"
#include "passes/heads.h"
#include "passes/matching.h"
#include "passes/passes.h"

namespace octavo {

namespace {

// The operators of the algebra.
constexpr Name kMatMul = "MatMul", kSoftmax = "Softmax", kAdd = "Add", kMul = "Mul", kDiv = "Div",
               kWhere = "Where", kIsNaN = "IsNaN", kAttention = "Attention";

// Scores that a mask leaves out are no larger. Added to any score of a network, this number stays what it is.
constexpr double kNever = -1e30;

// What is added to scores. With a condition: 0 where it is true, and `value`, a number, where it is false; or the
// other way round where it `drops`.
struct Mask {
  ValueId value, condition = kNoValue;
  bool drops = false;
  ValueId masked = kNoValue;  // what comes out
};

// Steps between a product and its weights, and more than any network has.
constexpr int kMaxSteps = 8;

struct Scores {
  double scale = 1;
  std::array<Mask, kMaxSteps> masks = {};
  int count = 0;  // of masks
  ValueId product = kNoValue;
  bool is_reshaped = false;  // on the way from the product to the weights
};

// What was made of others, to be shared.
struct Made {
  ValueId a, b;
  bool drops;
  ValueId id;
};

class Recogniser {
 public:
  explicit Recogniser(Graph& graph) : editor_(graph) {}

  int run() {
    return editor_.rewrite_nodes([this](uint32_t n) { return rewrite(n); });
  }

 private:
  const Graph& graph() const { return editor_.graph(); }
  const Shape& shape(ValueId id) const { return *graph()[id].shape; }
  int rank(ValueId id) const { return rank_of(graph(), id); }

  // Takes a factor from x: Mul(x, c) and Div(x, c) with a constant of one element.
  ValueId unscaled(ValueId x, double& scale) const {
    const Node* node = editor_.producer(x, kMul);
    const bool divides = node == nullptr;
    if (divides) node = editor_.producer(x, kDiv);
    for (std::size_t i = 0; node && i < (divides ? 1 : 2); ++i) {
      const auto number = number_of(graph(), node->inputs[1 - i]);
      if (!number || rank(node->inputs[i]) != rank(x)) continue;
      scale = divides ? scale / *number : scale * *number;
      return node->inputs[i];
    }
    return x;
  }

  // Follows scores to their product, and says what happens to them on the way.
  bool follow(ValueId id, Scores& found, int steps) const {
    const Node* const node = is_alone(editor_, id) ? editor_.producer(id) : nullptr;
    if (node == nullptr || !graph().knows_types(*node) || rank(id) < 0 || steps == 0) return false;
    if (node->op->name == kMatMul) {
      found.product = id;
      return true;
    }
    if (is_reshaped(graph(), *node)) {
      found.is_reshaped = true;
      return follow(node->inputs[0], found, steps - 1);
    }
    if (const ValueId x = unscaled(id, found.scale); x != id) return follow(x, found, steps - 1);
    // What is added before the scale would be scaled, too.
    if (found.scale != 1) return false;
    if (node->op->name == kAdd)
      return follow_masked(id, node->inputs[0], {node->inputs[1]}, found, steps) ||
             follow_masked(id, node->inputs[1], {node->inputs[0]}, found, steps);
    if (node->op->name != kWhere) return false;
    for (std::size_t i = 1; i < 3; ++i) {
      const auto number = number_of(graph(), node->inputs[3 - i]);
      const Mask mask{node->inputs[3 - i], node->inputs[0], i == 2};
      if (number && *number <= kNever && follow_masked(id, node->inputs[i], mask, found, steps)) return true;
    }
    return false;
  }

  bool follow_masked(ValueId masked, ValueId scores, Mask mask, Scores& found, int steps) const {
    const bool fits = mask.condition == kNoValue
                          ? graph()[mask.value].dtype == DType::f32 && rank(mask.value) > 0
                          : rank(mask.value) <= rank(scores);
    if (!fits || rank(scores) != rank(masked)) return false;
    mask.masked = masked;
    const Scores before = found;
    found.masks[found.count++] = mask;
    if (follow(scores, found, steps - 1)) return true;
    found = before;
    return false;
  }

  // The weights that a value is but for its shape.
  ValueId reshaped_weights(ValueId id, bool& is_seen) const {
    const Node* node = nullptr;
    while (is_alone(editor_, id) && (node = editor_.producer(id)) && is_reshaped(graph(), *node)) {
      id = node->inputs[0];
      is_seen = true;
    }
    return id;
  }

  // p, where weights are Where(IsNaN(p), 0, p): PyTorch's, of rows of which nothing counts.
  ValueId without_guard(ValueId id) const {
    const Node* const where = is_alone(editor_, id) ? editor_.producer(id, kWhere) : nullptr;
    const Node* const test =
        where && is_alone(editor_, where->inputs[0]) ? editor_.producer(where->inputs[0], kIsNaN) : nullptr;
    const bool guards = test && test->inputs[0] == where->inputs[2] &&
                        number_of(graph(), where->inputs[1]) == 0.0 && rank(id) == rank(where->inputs[2]) &&
                        !is_read_elsewhere(where->inputs[2]);
    return guards ? where->inputs[2] : kNoValue;
  }
  // Whether more than a guard, which reads it twice, reads a value.
  bool is_read_elsewhere(ValueId id) const {
    return editor_.uses().consumers[id].size() != 2 || editor_.uses().is_output[id];
  }

  bool rewrite(uint32_t n) {
    const Node& node = graph().nodes[n];
    const ValueId y = node.outputs[0];
    if (node.op->name != kMatMul || !graph().knows_types(node) || graph()[y].dtype != DType::f32 ||
        !graph()[y].shape)
      return false;
    const ValueId v = node.inputs[1];
    if ((rank(y) != 3 && rank(y) != 4) || rank(node.inputs[0]) != rank(y) || rank(v) != rank(y)) return false;

    Scores found;
    ValueId weights = reshaped_weights(node.inputs[0], found.is_reshaped);
    const ValueId guarded = without_guard(weights);
    if (guarded != kNoValue) weights = guarded;
    const Node* const softmax =
        guarded != kNoValue || is_alone(editor_, weights) ? editor_.producer(weights, kSoftmax) : nullptr;
    if (softmax == nullptr || !graph()[weights].shape) return false;
    const int64_t axis = softmax->attrs.get_int("axis", -1);
    if (axis != -1 && axis != rank(weights) - 1) return false;
    if (!follow(softmax->inputs[0], found, kMaxSteps)) return false;

    const Node& product = graph().nodes[editor_.uses().producer[found.product]];
    const ValueId q = unscaled(product.inputs[0], found.scale), k = unscaled(product.inputs[1], found.scale);
    const int axes = rank(found.product);
    if ((axes != 3 && axes != 4) || rank(q) != axes || rank(k) != axes || !(std::abs(found.scale) <= 1e30))
      return false;
    const Shape scores = of_four_axes(shape(weights));
    if (scores.rank() != 4) return false;
    Heads heads[] = {
        {q, of_four_axes(shape(q))}, {k, of_four_axes(shape(k)), {0, 1, 3, 2}}, {v, of_four_axes(shape(v))}};
    Shape &of_q = heads[0].shape, &of_k = heads[1].shape, &of_v = heads[2].shape,
          of_y = of_four_axes(shape(y));
    if (found.is_reshaped || axes != rank(y) || rank(weights) != axes) {
      // Batch and heads are divided as the weights are.
      for (Shape* each : {&of_q, &of_k, &of_v, &of_y})
        if (!regroup(*each, scores)) return false;
      const bool fits =
          of_q[2] == scores[2] && of_k[3] == scores[3] && of_v[2] == scores[3] && of_y[2] == scores[2];
      if (!fits) return false;
    }
    for (int i = 0; i < found.count; ++i)
      if (!is_over(found.masks[i], scores, found.is_reshaped)) return false;
    become_attention(n, found, guarded != kNoValue, heads, of_y);
    return true;
  }

  // Gives a shape the first two axes of the scores, where it is known and has as many matrices.
  static bool regroup(Shape& x, const Shape& scores) {
    const bool fits = x.is_static() && scores.is_static() && x[0] * x[1] == scores[0] * scores[1];
    x[0] = scores[0];
    x[1] = scores[1];
    return fits;
  }

  static std::span<const int64_t> dims_behind_first(const Shape& shape) {
    return {shape.dims.begin() + 1, shape.dims.end()};
  }

  // Whether a mask's axes are the last of those of the scores, but for a batch of 1 in front.
  bool is_over(const Mask& mask, const Shape& scores, bool is_reshaped) const {
    const ValueId id = mask.condition != kNoValue ? mask.condition : mask.value;
    const Shape& masked = shape(mask.masked);
    if (!is_reshaped || of_four_axes(masked) == scores) return rank(id) <= 4;
    return masked.rank() == 5 && masked[0] == 1 &&
           std::ranges::equal(scores.dims, dims_behind_first(masked)) && shape(id).is_static() &&
           shape(id).rank() <= 5;
  }

  // heads: of query, key and value.
  void become_attention(uint32_t n, const Scores& scores, bool is_guarded, const Heads (&heads)[3],
                        const Shape& of_y) {
    const std::string stem = graph().nodes[n].name;
    const ValueId y = graph().nodes[n].outputs[0], joined = joined_by_rows(editor_, y, of_y);
    const bool shares = shared_heads(heads[1]) == shared_heads(heads[2]);

    Spelt form{.broadcasts = true, .clears_nan = is_guarded};
    std::vector<ValueId> inputs;
    for (int i = 0; i < 3; ++i) {
      bool by_rows = false;
      inputs.push_back(
          add_heads(editor_, seen_through(editor_, heads[i], shares && i > 0), stem + "_heads", by_rows));
      form.by_rows |= static_cast<uint8_t>(by_rows << i);
    }
    ValueId mask = kNoValue;
    for (int i = 0; i < scores.count; ++i) {
      const ValueId added = added_mask(scores.masks[i], stem);
      mask = mask == kNoValue ? added : sum_of(mask, added, stem);
    }
    if (mask != kNoValue) inputs.push_back(mask);
    Shape made = of_y;
    if (joined != kNoValue) {
      form.by_rows |= 1 << 3;
      std::swap(made[1], made[2]);
    }
    Node& attention = editor_.add_node(kAttention, inputs, stem, made);
    attention.attrs.set("scale", static_cast<float>(scores.scale));
    attention.lowered.spelt = form;
    const ValueId replaced = joined != kNoValue ? joined : y;
    const Shape to = shape(replaced);
    editor_.replace_uses(replaced, add_reshape(editor_, attention.outputs[0], to, stem));
  }

  // How many, where some of the query share one.
  int64_t shared_heads(const Heads& heads) const {
    const Heads shared = seen_through(editor_, heads, true);
    return shared.shape[shared.order[1]];
  }

  // What was made of the same, or what add() makes.
  template <class Add> ValueId made_once(ValueId a, ValueId b, bool drops, Add add) {
    for (const Made& each : made_)
      if (each.a == a && each.b == b && each.drops == drops) return each.id;
    const ValueId id = add();
    made_.push_back({a, b, drops, id});
    return id;
  }

  // The numbers of a mask, made once for all that share it.
  ValueId added_mask(const Mask& mask, std::string_view stem) {
    return made_once(mask.value, mask.condition, mask.drops, [&] {
      ValueId id = mask.value;
      if (mask.condition != kNoValue) {
        const ValueId zero = editor_.add_constant("zero", Tensor::of<float>({}, {0}));
        ValueId kept = zero, dropped = id;
        if (mask.drops) std::swap(kept, dropped);
        const Shape to = broadcast_shapes(shape(mask.condition), shape(id));
        id = editor_.add_node(kWhere, {mask.condition, kept, dropped}, text("{}_mask", stem), to).outputs[0];
      }
      return rank(id) == 5
                 ? add_reshape(editor_, id, Shape(dims_behind_first(shape(id))), text("{}_mask", stem))
                 : id;
    });
  }

  // The sum of two masks, made once for all that share both.
  ValueId sum_of(ValueId a, ValueId b, std::string_view stem) {
    return made_once(a, b, false, [&] {
      const Shape to = broadcast_shapes(shape(a), shape(b));
      return editor_.add_node(kAdd, {a, b}, text("{}_masks", stem), to).outputs[0];
    });
  }

  GraphEditor editor_;
  std::vector<Made> made_;  // masks of numbers and conditions, and sums of two
};

}  // namespace

int recognise_attention(Graph& graph) { return find_op(kAttention) ? Recogniser(graph).run() : 0; }

}  // namespace octavo
