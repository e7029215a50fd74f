// Gradients of reductions, as PyTorch has them: extremes share g among all elements that are equal to them.
#include "autodiff/rule.h"
#include "ops/operands.h"

namespace octavo {

namespace {

// What each element of x gets, of g and y with the reduced axes kept; `n` is how many elements are folded into one.
struct Fold {
  std::string_view op, formula;
};
constexpr Fold kFolds[] = {
    {"ReduceSum", "g"},
    {"ReduceMean", "g / n"},
    {"ReduceMax", "e = Where(x == y, 1, 0); g * e / ReduceSum(e, axes)"},
    {"ReduceMin", "e = Where(x == y, 1, 0); g * e / ReduceSum(e, axes)"},
    // The product of the others: y / x, or where one element is 0 that of the rest for that one alone.
    {"ReduceProd",
     "z = ReduceSum(Where(x == 0, 1, 0), axes); p = ReduceProd(Where(x == 0, 1, x), axes);"
     "g * Where(x == 0, Where(z == 1, p, 0), Where(z == 0, p / x, 0))"},
    {"ReduceL1", "g * Sign(x)"},
    {"ReduceL2", "Where(y == 0, 0, g * x / y)"},
    {"ReduceSumSquare", "2 * g * x"},
    {"ReduceLogSum", "g / Exp(y)"},
    {"ReduceLogSumExp", "g * Exp(x - y)"},
};

void reduce(Backward& b) {
  const Shape x = b.shape(b.in(0));
  std::vector<int64_t> axes = b.known_ints(1);
  if (axes.empty() && b.attrs().get_int("noop_with_empty_axes", 0) == 0)
    for (int axis = 0; axis < x.rank(); ++axis) axes.push_back(axis);
  Shape kept = x;
  for (int64_t axis : axes) kept[normalize_axis(axis, x.rank())] = 1;
  b.bind("axes", b.ints(axes));
  b.bind("n", b.number(static_cast<double>(x.elements()) / static_cast<double>(kept.elements())));
  b.bind("g", b.reshape(b.gradient(), kept));
  b.bind("y", b.reshape(b.out(), kept));
  for (const Fold& fold : kFolds)
    if (fold.op == b.node().op->name) b.give(0, b.formula(fold.formula));
}

std::string obstacle(const Graph& graph, const Uses&, const Node& node) {
  return node.has_input(1) && !graph.constant_input(node, 1) ? "its axes are not constant" : "";
}

constexpr GradientRule row(std::string_view op) {
  return {.op = op, .differentiate = reduce, .obstacle = obstacle};
}
constexpr GradientRule kRules[] = {
    row("ReduceSum"), row("ReduceMean"), row("ReduceMax"),       row("ReduceMin"),    row("ReduceProd"),
    row("ReduceL1"),  row("ReduceL2"),   row("ReduceSumSquare"), row("ReduceLogSum"), row("ReduceLogSumExp")};

}  // namespace

const GradientRules kReductionRules = kRules;

}  // namespace octavo
