// x · cos + Concat(-x₂, x₁) · sin, with the halves x₁ and x₂ of the last axis of x → RotaryEmbedding(x, cos, sin),
// which then broadcasts as the products do. A transpose of heads before it goes behind it, where attention takes it in.
#include <limits>

#include "base/error.h"
#include "graph/op_def.h"
#include "passes/heads.h"
#include "passes/matching.h"
#include "passes/passes.h"

namespace octavo {

namespace {

// The operators of the algebra.
constexpr Name kAdd = "Add", kMul = "Mul", kConcat = "Concat", kNeg = "Neg", kSlice = "Slice",
               kSplit = "Split", kTranspose = "Transpose", kRotary = "RotaryEmbedding";

class Recogniser {
 public:
  explicit Recogniser(Graph& graph) : editor_(graph) {}

  int run() {
    return editor_.rewrite_nodes([this](uint32_t n) { return rewrite(n); });
  }

 private:
  const Graph& graph() const { return editor_.graph(); }
  const Shape& shape(ValueId id) const { return *graph()[id].shape; }

  // The number in a constant list of one.
  std::optional<int64_t> only_int(const Node& node, std::size_t i) const {
    const Tensor* const list = graph().constant_input(node, i);
    if (list == nullptr || list->dtype() != DType::s64 || list->shape().elements() != 1) return std::nullopt;
    return list->span<int64_t>()[0];
  }

  bool is_last_axis(std::optional<int64_t> axis) const { return axis == -1 || axis == 3; }

  // Whether a value is the first or second half of the last axis of x, which has `size` elements.
  bool is_half(ValueId id, ValueId x, bool is_second, int64_t size) const {
    if (const Node* const split = editor_.producer(id, kSplit))
      return split->inputs[0] == x && split->outputs.size() == 2 && split->outputs[is_second ? 1 : 0] == id &&
             is_last_axis(split->attrs.get_int("axis", 0)) && shape(id)[3] == size / 2;
    const Node* const slice = editor_.producer(id, kSlice);
    if (slice == nullptr || slice->inputs[0] != x || !slice->has_input(3)) return false;
    const auto from = only_int(*slice, 1), to = only_int(*slice, 2);
    const bool steps = slice->has_input(4) && only_int(*slice, 4) != 1;
    return !steps && is_last_axis(only_int(*slice, 3)) && from == (is_second ? size / 2 : 0) && to &&
           (is_second ? *to >= size : *to == size / 2);
  }

  // What Concat(-x₂, x₁) is made of x.
  bool is_turned(ValueId id, ValueId x, int64_t size) const {
    const Node* const concat = is_alone(editor_, id) ? editor_.producer(id, kConcat) : nullptr;
    if (concat == nullptr || concat->inputs.size() != 2 || !is_last_axis(concat->attrs.get_int("axis", 0)))
      return false;
    const Node* const negated = editor_.producer(concat->inputs[0], kNeg);
    return negated && is_half(negated->inputs[0], x, true, size) &&
           is_half(concat->inputs[1], x, false, size);
  }

  // A number for each element of a head, the same for all of them along axes of 1.
  bool is_cache(ValueId id, int64_t size) const {
    const int rank = rank_of(graph(), id);
    return rank >= 1 && rank <= 4 && graph()[id].dtype == DType::f32 && shape(id)[rank - 1] == size;
  }

  bool rewrite(uint32_t n) {
    const Node& node = graph().nodes[n];
    if (node.op->name != kAdd || !graph().knows_types(node) || rank_of(graph(), node.outputs[0]) != 4)
      return false;
    for (std::size_t i = 0; i < 2; ++i) {
      const Node *const straight = editor_.producer(node.inputs[i], kMul), *const crossed = editor_.producer(
                                                                               node.inputs[1 - i], kMul);
      if (straight == nullptr || crossed == nullptr || !is_alone(editor_, node.inputs[i]) ||
          !is_alone(editor_, node.inputs[1 - i]))
        continue;
      for (std::size_t j = 0; j < 4; ++j) {
        const ValueId x = straight->inputs[j & 1], cos = straight->inputs[1 - (j & 1)];
        const ValueId turned = crossed->inputs[j >> 1], sin = crossed->inputs[1 - (j >> 1)];
        if (rank_of(graph(), x) != 4) continue;
        // The last axis of x is that of the caches, if it is known of any.
        const int64_t size = shape(node.outputs[0])[3];
        if (size == kDynamic || size % 2 != 0 || shape(x)[3] != size || !is_cache(cos, size) ||
            !is_cache(sin, size) || !is_turned(turned, x, size))
          continue;
        become_rotary(n, x, cos, sin);
        return true;
      }
    }
    return false;
  }

  void become_rotary(uint32_t n, ValueId x, ValueId cos, ValueId sin) {
    const Node* const transpose = editor_.producer(x, kTranspose);
    const bool is_exchanged =
        transpose && std::ranges::equal(transpose->attrs.get_ints("perm"), Dims{0, 2, 1, 3});
    Spelt spelt{.broadcasts = true};
    if (!is_exchanged) {
      editor_.become(n, kRotary, {x, cos, sin}).lowered.spelt = spelt;
      return;
    }
    spelt.by_rows = 1;
    const ValueId source = transpose->inputs[0];
    Shape rows = shape(graph().nodes[n].outputs[0]);
    std::swap(rows[1], rows[2]);
    Attrs exchange = transpose->attrs;
    Node& rotary = editor_.add_node(kRotary, {source, cos, sin}, graph().nodes[n].name, rows);
    rotary.lowered.spelt = spelt;
    editor_.become(n, kTranspose, {rotary.outputs[0]}).attrs = std::move(exchange);
  }

  GraphEditor editor_;
};

}  // namespace

int recognise_rotary(Graph& graph) { return find_op(kRotary) ? Recogniser(graph).run() : 0; }

}  // namespace octavo
