// Gradients of functions of one element and of two with broadcasting, which Backward::give undoes. Derivatives are
// those of PyTorch's derivatives.yaml, at kinks too: of a maximum of two that are equal each takes half.
#include <cmath>
#include <limits>
#include <optional>

#include "autodiff/rule.h"

namespace octavo {

namespace {

// y = x · Φ(x): Φ(x) + x · φ(x), exact or by tanh.
void gelu(Backward& b) {
  const bool is_tanh = b.attrs().get_string("approximate", "none") == "tanh";
  b.give(0,
         b.formula(is_tanh
                       ? "q = x * x; s = Sigmoid(1.5957691216 * x * (1 + 0.044715 * q));"
                         "g * (s + x * s * (1 - s) * 1.5957691216 * (1 + 0.134145 * q))"
                       : "g * (0.5 * (1 + Erf(0.70710678119 * x)) + 0.39894228040 * x * Exp(-0.5 * x * x))"));
}

// g where low <= x <= high.
void give_within(Backward& b, ValueId x, float low, float high) {
  b.give(0, b.add("octavo.MaskGradient", {b.gradient(), x}, {{"low", low}, {"high", high}}));
}

// The MaxPool that alone reads y, whose gradient that is; else null.
const Node* pool_of(const Backward& b, ValueId y, const Node& gradient) {
  if (gradient.op->name != "octavo.MaxPoolGradient" || gradient.inputs[0] != y) return nullptr;
  const Node* found = nullptr;
  for (const Node& node : b.graph().nodes) {
    if (node.op->name != "MaxPool" || node.inputs[0] != y) continue;
    if (found) return nullptr;
    found = &node;
  }
  return found;
}

// g where low <= y <= high. Behind a MaxPool that tests what is pooled, which is less, and y is read by nobody then.
void give_within_output(Backward& b, float low, float high) {
  const ValueId y = b.out(), g = b.gradient();
  const Node* const pooled = b.producer(g);
  const Node* const pool = pooled ? pool_of(b, y, *pooled) : nullptr;
  if (!pool) return give_within(b, y, low, high);
  const ValueId pools = pool->outputs[0], given = pooled->inputs[1];
  const Attrs attributes = pooled->attrs;
  const ValueId masked = b.add("octavo.MaskGradient", {given, pools}, {{"low", low}, {"high", high}});
  b.give(0, b.add("octavo.MaxPoolGradient", {y, masked}, attributes));
}

void relu(Backward& b) {
  if (b.dtype(b.in(0)) != DType::f32) return b.give(0, b.formula("Where(y > 0, g, 0)"));
  give_within_output(b, std::numeric_limits<float>::denorm_min(), std::numeric_limits<float>::infinity());
}

// y = min(max(x, low), high): g where x is within both; a bound gets g where it is the output.
void clip(Backward& b) {
  const bool has_low = b.has(1), has_high = b.has(2);
  const auto known = [&](std::size_t i, float open) -> std::optional<float> {
    if (!b.has(i)) return open;
    const Tensor* const bound = b.graph().constant_input(b.node(), i);
    if (!bound || bound->dtype() != DType::f32 || bound->shape().elements() != 1) return std::nullopt;
    return bound->span<float>()[0];
  };
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const std::optional<float> least = known(1, -kInfinity), most = known(2, kInfinity);
  if (least && most && b.dtype(b.in(0)) == DType::f32) {
    // A product's clamp is ReLU6, of which nothing passes at the bounds: the output tells, and the product need not be
    // kept.
    const Node* const before = b.producer(b.in(0));
    if (!before || !before->op->clamps_output) return give_within(b, b.in(0), *least, *most);
    return give_within_output(b, std::nextafter(*least, kInfinity), std::nextafter(*most, -kInfinity));
  }
  if (has_low) b.bind("low", b.in(1));
  if (has_high) b.bind("high", b.in(2));
  if (b.wants(0)) {
    ValueId gradient = b.gradient();
    if (has_low) gradient = b.add("Where", {b.formula("x >= low"), gradient, b.number(0)});
    if (has_high) gradient = b.add("Where", {b.formula("x <= high"), gradient, b.number(0)});
    b.give(0, gradient);
  }
  if (b.wants(1))
    b.give(1, b.formula(has_high ? "Where(And(x < low, low < high), g, 0)" : "Where(x < low, g, 0)"));
  if (b.wants(2))
    b.give(2, b.formula(has_low ? "Where(Or(x > high, low >= high), g, 0)" : "Where(x > high, g, 0)"));
}

void cast(Backward& b) {
  const ValueId gradient = b.gradient();
  const DType dtype = b.dtype(b.in(0));
  b.give(0, dtype == b.dtype(gradient) ? gradient : b.cast(gradient, dtype));
}

constexpr GradientRule kRules[] = {
    {.op = "Relu", .differentiate = relu},
    {.op = "LeakyRelu", .formulas = {"Where(x > 0, g, g * $alpha=0.01)"}},
    {.op = "ThresholdedRelu", .formulas = {"Where(x > $alpha=1, g, 0)"}},
    {.op = "Elu", .formulas = {"Where(x > 0, g, g * (y + $alpha=1))"}},
    {.op = "Selu",
     .formulas = {"Where(x > 0, g * $gamma=1.0507009873554805, g * (y + $gamma=1.0507009873554805 * "
                  "$alpha=1.6732632423543772))"}},
    {.op = "Celu", .formulas = {"Where(x > 0, g, g * (y / $alpha=1 + 1))"}},
    {.op = "Sigmoid", .formulas = {"g * y * (1 - y)"}},
    {.op = "HardSigmoid", .formulas = {"Where(And(y > 0, y < 1), g * $alpha=0.2, 0)"}},
    {.op = "HardSwish", .formulas = {"Where(x > -3, Where(x < 3, g * (x / 3 + 0.5), g), 0)"}},
    {.op = "Swish", .formulas = {"s = Sigmoid($alpha=1 * x); g * (s + $alpha=1 * y * (1 - s))"}},
    {.op = "Mish", .formulas = {"t = Tanh(Softplus(x)); g * (t + x * (1 - t * t) * Sigmoid(x))"}},
    {.op = "Gelu", .differentiate = gelu},
    {.op = "Softplus", .formulas = {"g * Sigmoid(x)"}},
    {.op = "Softsign", .formulas = {"d = 1 + Abs(x); g / (d * d)"}},
    {.op = "Shrink", .formulas = {"Where(Abs(x) <= $lambd=0.5, 0, g)"}},
    {.op = "Abs", .formulas = {"g * Sign(x)"}},
    {.op = "Neg", .formulas = {"-g"}},
    {.op = "Reciprocal", .formulas = {"-(g * y * y)"}},
    {.op = "Sqrt", .formulas = {"g / (2 * y)"}},
    {.op = "Exp", .formulas = {"g * y"}},
    {.op = "Log", .formulas = {"g / x"}},
    {.op = "Erf", .formulas = {"g * 1.1283791671 * Exp(-(x * x))"}},
    {.op = "Sin", .formulas = {"g * Cos(x)"}},
    {.op = "Cos", .formulas = {"-(g * Sin(x))"}},
    {.op = "Tan", .formulas = {"g * (1 + y * y)"}},
    {.op = "Asin", .formulas = {"g / Sqrt(1 - x * x)"}},
    {.op = "Acos", .formulas = {"-(g / Sqrt(1 - x * x))"}},
    {.op = "Atan", .formulas = {"g / (1 + x * x)"}},
    {.op = "Sinh", .formulas = {"g * Cosh(x)"}},
    {.op = "Cosh", .formulas = {"g * Sinh(x)"}},
    {.op = "Tanh", .formulas = {"g * (1 - y * y)"}},
    {.op = "Asinh", .formulas = {"g / Sqrt(x * x + 1)"}},
    {.op = "Acosh", .formulas = {"g / Sqrt(x * x - 1)"}},
    {.op = "Atanh", .formulas = {"g / (1 - x * x)"}},
    {.op = "Sign", .stops = kStopsAll},
    {.op = "Floor", .stops = kStopsAll},
    {.op = "Ceil", .stops = kStopsAll},
    {.op = "Round", .stops = kStopsAll},
    {.op = "Identity", .formulas = {"g"}},
    {.op = "Dropout", .formulas = {"g"}},
    {.op = "Cast", .differentiate = cast},
    {.op = "Clip", .differentiate = clip},
    {.op = "Add", .formulas = {"g", "g"}},
    {.op = "Sub", .formulas = {"g", "-g"}},
    {.op = "Mul", .formulas = {"g * b", "g * a"}},
    {.op = "Div", .formulas = {"g / b", "-(g * y / b)"}},
    // d/da = b · a^(b-1), 0 where b is; d/db = y · ln a, 0 where a is 0 and b is not negative.
    {.op = "Pow",
     .formulas = {"Where(b == 0, 0, g * b * Pow(a, b - 1))",
                  "Where(And(a == 0, b >= 0), 0, g * y * Log(a))"}},
    {.op = "Max",
     .formulas = {"Where(a == b, 0.5 * g, Where(a > b, g, 0))",
                  "Where(a == b, 0.5 * g, Where(a > b, 0, g))"}},
    {.op = "Min",
     .formulas = {"Where(a == b, 0.5 * g, Where(a < b, g, 0))",
                  "Where(a == b, 0.5 * g, Where(a < b, 0, g))"}},
    {.op = "PRelu", .formulas = {"Where(a > 0, g, g * b)", "Where(a > 0, 0, g * a)"}},
    {.op = "Where", .formulas = {"", "Where(a, g, 0)", "Where(a, 0, g)"}},
};

}  // namespace

const GradientRules kElementwiseRules = kRules;

}  // namespace octavo
