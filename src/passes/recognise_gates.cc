// x · (1 + erf(x / √2)) / 2 and x · (1 + tanh(√(2/π) · (x + 0.044715 · x³))) / 2 → Gelu(x); x · sigmoid(a · x) →
// Swish(x), in whatever order their factors are multiplied.
#include <algorithm>
#include <array>
#include <numbers>

#include "graph/op_def.h"
#include "passes/matching.h"
#include "passes/passes.h"

namespace octavo {

namespace {

// The operators of the algebra.
constexpr Name kMul = "Mul", kDiv = "Div", kPow = "Pow", kAdd = "Add", kErf = "Erf", kTanh = "Tanh",
               kSigmoid = "Sigmoid", kGelu = "Gelu", kSwish = "Swish";
constexpr double kCubic = 0.044715;

// Numbers multiplied, and what they are multiplied with.
struct Product {
  // More factors than any form has; there is room for those that the last one before adds.
  static constexpr std::size_t kTooMany = 4;

  double coefficient = 1;
  std::size_t count = 0;
  std::array<ValueId, 2 * kTooMany> factors = {};

  void add(ValueId x) { factors[count++] = x; }
  bool is_power(ValueId x, std::size_t exponent) const {
    return count == exponent &&
           std::all_of(factors.begin(), factors.begin() + count, [&](ValueId factor) { return factor == x; });
  }
};

class Recogniser {
 public:
  explicit Recogniser(Graph& graph) : editor_(graph) {}

  int run() {
    return editor_.rewrite_nodes([this](uint32_t n) { return rewrite(n); });
  }

 private:
  const Graph& graph() const { return editor_.graph(); }

  // Nobody else reads what is taken apart, but for the root.
  Product product(ValueId id) const {
    Product found;
    collect(id, true, found);
    return found;
  }

  void collect(ValueId id, bool is_root, Product& found) const {
    if (found.count >= Product::kTooMany) return;
    const Node* const node = is_root || is_alone(editor_, id) ? editor_.producer(id) : nullptr;
    if (node == nullptr || !graph().knows_types(*node)) return found.add(id);
    const auto number = [&](std::size_t i) { return number_of(graph(), node->inputs[i]); };
    if (node->op->name == kMul) {
      for (std::size_t i = 0; i < 2; ++i) {
        if (const auto factor = number(i))
          found.coefficient *= *factor;
        else
          collect(node->inputs[i], false, found);
      }
    } else if (node->op->name == kDiv && number(1)) {
      found.coefficient /= *number(1);
      collect(node->inputs[0], false, found);
    } else if (node->op->name == kPow && (number(1) == 2.0 || number(1) == 3.0)) {
      for (double power = *number(1); power > 0; --power) found.add(node->inputs[0]);
    } else {
      found.add(id);
    }
  }

  // y, where a value that nobody else reads is y + 1.
  ValueId without_one(ValueId id) const {
    const Node* const sum = is_alone(editor_, id) ? editor_.producer(id, kAdd) : nullptr;
    for (std::size_t i = 0; sum && i < 2; ++i)
      if (is_number(graph(), sum->inputs[i], 1)) return sum->inputs[1 - i];
    return kNoValue;
  }

  // The argument, where a value that nobody else reads is that function of it.
  ValueId argument(ValueId id, Name function) const {
    const Node* const node =
        id != kNoValue && is_alone(editor_, id) ? editor_.producer(id, function) : nullptr;
    return node ? node->inputs[0] : kNoValue;
  }

  // √(2/π) · (x + 0.044715 · x³), or with x before the bracket.
  bool is_cubic(const Product& p, ValueId x) const {
    const double root = std::sqrt(2 / std::numbers::pi);
    if (!near(p.coefficient, root)) return false;
    if (p.count == 2) {
      const ValueId sum = p.factors[p.factors[0] == x ? 1 : 0], square = without_one(sum);
      if ((p.factors[0] != x && p.factors[1] != x) || square == kNoValue) return false;
      const Product squares = product(square);
      return near(squares.coefficient, kCubic) && squares.is_power(x, 2);
    }
    const Node* const sum =
        p.count == 1 && is_alone(editor_, p.factors[0]) ? editor_.producer(p.factors[0], kAdd) : nullptr;
    const ValueId cube = sum ? other_input(*sum, x) : kNoValue;
    if (cube == kNoValue || graph()[cube].is_constant()) return false;
    const Product cubes = product(cube);
    return near(cubes.coefficient, kCubic) && cubes.is_power(x, 3);
  }

  // Whether x is multiplied with gate, and that with 0.5, to make Gelu(x). `is_approximate`: by tanh.
  bool is_gelu(ValueId x, ValueId gate, bool& is_approximate) const {
    const ValueId inner = without_one(gate);
    if (const ValueId erf = argument(inner, kErf); erf != kNoValue) {
      const Product p = product(erf);
      return near(p.coefficient, 1 / std::numbers::sqrt2) && p.is_power(x, 1);
    }
    const ValueId tanh = argument(inner, kTanh);
    is_approximate = true;
    return tanh != kNoValue && is_cubic(product(tanh), x);
  }

  bool rewrite(uint32_t n) {
    const Node& node = graph().nodes[n];
    const ValueId y = node.outputs[0];
    if ((node.op->name != kMul && node.op->name != kDiv) || graph()[y].dtype != DType::f32 ||
        !graph().knows_types(node))
      return false;
    const Product p = product(y);
    for (std::size_t i = 0; p.count == 2 && i < 2; ++i) {
      const ValueId x = p.factors[i], gate = p.factors[1 - i];
      if (rank_of(graph(), x) != rank_of(graph(), y)) continue;  // a constant of more axes adds them
      bool is_approximate = false;
      if (near(p.coefficient, 0.5) && find_op(kGelu) && is_gelu(x, gate, is_approximate)) {
        Node& gelu = editor_.become(n, kGelu, {x});
        if (is_approximate) gelu.attrs.set("approximate", "tanh");
        return true;
      }
      const ValueId sigmoid = p.coefficient == 1 && find_op(kSwish) ? argument(gate, kSigmoid) : kNoValue;
      if (sigmoid == kNoValue) continue;
      const Product inner = product(sigmoid);
      if (!inner.is_power(x, 1) || !std::isfinite(static_cast<float>(inner.coefficient))) continue;
      editor_.become(n, kSwish, {x}).attrs.set("alpha", static_cast<float>(inner.coefficient));
      return true;
    }
    return false;
  }

  GraphEditor editor_;
};

}  // namespace

int recognise_gates(Graph& graph) { return Recogniser(graph).run(); }

}  // namespace octavo
