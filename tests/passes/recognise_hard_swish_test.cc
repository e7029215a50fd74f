#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "passes/passes.h"
#include "support/expression.h"
#include "support/interpreter.h"

using namespace octavo;
using namespace octavo::test;

namespace {

struct Case {
  std::string_view before, after;
};

std::string simplified(std::string_view text, Graph* graph = nullptr) {
  GraphBuilder b;
  b.output(add_expression(b, text, {2, 5}));
  Graph simple = b.graph;
  simplify(simple, KernelPolicy{});
  verify(simple);
  if (graph) *graph = simple;
  return expression(simple);
}

}  // namespace

TEST_CASE("hard swish and hard sigmoid are recognised however they are spelt") {
  const auto& [before, after] = GENERATE(
      Case{"Div(Mul(x, Clip(Add(x, 3), 0, 6)), 6)", "HardSwish(x)"},
      Case{"Mul(Mul(Clip(Add(3, x), 0, 6), x), 0.16666667)", "HardSwish(x)"},
      Case{"Mul(x, Div(Clip(Add(x, 3), 0, 6), 6))", "HardSwish(x)"},
      Case{"Mul(Mul(Clip(Add(x, 3), 0, 6), 0.16666667), x)", "HardSwish(x)"},
      Case{"Mul(x, Clip(Add(Mul(x, 0.16666667), 0.5), 0, 1))", "HardSwish(x)"},
      Case{"Mul(x, Clip(Div(Add(x, 3), 6), 0, 1))", "HardSwish(x)"},
      Case{"Mul(x, HardSigmoid(x, alpha: 0.16666667))", "HardSwish(x)"},
      Case{"Mul(y, Div(Clip(Sub(x, -3), 0, 6), 6))", "Mul(y, HardSigmoid(x, alpha: 0.1667, beta: 0.5))"},
      Case{"Clip(Add(Mul(x, 0.2), 0.5), 0, 1)", "HardSigmoid(x, alpha: 0.2, beta: 0.5)"},
      Case{"Clip(Sub(Div(x, 5), -0.5), 0, 1)", "HardSigmoid(x, alpha: 0.2, beta: 0.5)"},
      Case{"Mul(Clip(x, 0, 4), 0.25)", "HardSigmoid(x, alpha: 0.25, beta: 0)"},
      Case{"HardSigmoid(Mul(Add(x, 1), 2))", "HardSigmoid(x, alpha: 0.4, beta: 0.9)"});
  INFO(before);
  Graph graph;
  CHECK(simplified(before, &graph) == after);

  // It computes the same.
  GraphBuilder b;
  b.output(add_expression(b, before, {2, 5}));
  infer_shapes(b.graph);
  std::vector<Tensor> feeds;
  for (std::size_t i = 0; i < b.graph.inputs.size(); ++i) feeds.push_back(b.random_tensor({2, 5}, 4));
  CHECK(largest_difference(interpret(b.graph, feeds)[0].view(), interpret(graph, feeds)[0].view()) < 1e-5f);
}

TEST_CASE("what is nearly a hard swish or hard sigmoid stays as it is") {
  const std::string_view text = GENERATE(
      "Clip(x, 0, 1)", "Clip(Add(x, 1), 0, 2)", "Clip(Add(x, 1), -1, 1)", "Div(Clip(x, 0, 6), 5)",
      "Div(Clip(x, 1, 6), 6)", "Div(6, Clip(x, 0, 6))", "Clip(Add(x, y), 0, 1)", "Mul(y, HardSigmoid(x))",
      "Mul(x, HardSigmoid(x))", "Mul(x, HardSigmoid(y, alpha: 0.16666667))",
      "Div(Mul(x, Clip(Add(y, 3), 0, 6)), 6)", "Div(Mul(x, Clip(Add(x, 2), 0, 6)), 6)",
      "Mul(Clip(x, 0, -4), -0.25)", "Clip(Sub(1, x), 0, 1)", "Clip(Add(x, 0), 0, 1)",
      "HardSigmoid(Div(x, 0))",
      "HardSigmoid(Mul(x, 10000000000000000000000000000000), alpha: 10000000000000000000000000000000)");
  INFO(text);
  CHECK(simplified(text).starts_with(text.substr(0, text.find_first_of("0123456789:"))));
  CHECK(simplified(text).contains("HardSwish") == false);
  CHECK(simplified(text).contains("HardSigmoid") == text.contains("HardSigmoid"));
}

TEST_CASE("a step that others read, too, stays for them") {
  GraphBuilder b;
  const ValueId gate = add_expression(b, "Div(Clip(Add(x, 3), 0, 6), 6)", {2, 5});
  b.output(b.node("Mul", {b.graph.inputs[0], gate}));
  b.output(gate);
  Graph graph = b.graph;
  simplify(graph, KernelPolicy{});
  CHECK(expression(graph) == "HardSwish(x), HardSigmoid(x, alpha: 0.1667, beta: 0.5)");
}

TEST_CASE("a constant of one element with more axes than x keeps the result's axes") {
  GraphBuilder b;
  const ValueId x = b.input("x", {5});
  const ValueId sum = b.node("Add", {x, b.constant({1, 1}, {3})});
  b.output(
      b.node("Div", {b.node("Clip", {sum, b.constant({}, {0}), b.constant({}, {6})}), b.constant({}, {6})}));
  Graph graph = b.graph;
  simplify(graph, KernelPolicy{});
  CHECK(graph[graph.outputs[0]].shape == Shape{1, 5});
  CHECK(expression(graph) == "HardSigmoid(Add(x, 3{2}), alpha: 0.1667, beta: 0)");
}

TEST_CASE("a chain that many gates read is not walked by each of them") {
  GraphBuilder b;
  constexpr int kLength = 3000;
  ValueId x = b.input("x", {1, 4});
  const ValueId one = b.constant({}, {1});
  for (int i = 0; i < kLength; ++i) x = b.node("Add", {x, one});
  for (int i = 0; i < kLength; ++i) b.output(b.node("Clip", {x, b.constant({}, {0}), one}));
  infer_shapes(b.graph);
  // One step each, and another for the chain: not three thousand each.
  CHECK(recognise_hard_swish(b.graph) <= 2 * kLength);
  verify(b.graph);
}
