#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "passes/passes.h"
#include "support/expression.h"
#include "support/interpreter.h"

using namespace octavo;
using namespace octavo::test;

namespace {

// What becomes of an expression of x, y, …, after a check that it computes the same.
std::string recognised(std::string_view text) {
  INFO(text);
  GraphBuilder b;
  b.output(add_expression(b, text, {2, 5}));
  infer_shapes(b.graph);
  std::vector<Tensor> feeds;
  for (ValueId id : b.graph.inputs) feeds.push_back(b.random_tensor(*b.graph[id].shape));
  return expression(rewritten(b, std::move(feeds), 1e-6f, recognise_gates));
}

}  // namespace

TEST_CASE("Gelu is recognised however it is spelt") {
  const std::string_view text = GENERATE(
      "Mul(Mul(x, Add(Erf(Div(x, 1.4142135)), 1)), 0.5)", "Mul(0.5, Mul(x, Add(1, Erf(Mul(x, 0.70710677)))))",
      "Mul(Mul(x, 0.5), Add(Erf(Div(x, 1.4142135)), 1))", "Mul(x, Mul(0.5, Add(Erf(Div(x, 1.4142135)), 1)))",
      "Div(Mul(x, Add(Erf(Div(x, 1.4142135)), 1)), 2)");
  CHECK(recognised(text) == "Gelu(x)");
}

TEST_CASE("Gelu by tanh is recognised however it is spelt") {
  const std::string_view text = GENERATE(
      // PyTorch's gelu_new, of both exporters; Keras multiplies from the other side.
      "Mul(Mul(x, 0.5), Add(Tanh(Mul(Add(x, Mul(Pow(x, 3), 0.044715)), 0.7978845834)), 1))",
      "Mul(Mul(0.5, x), Add(1, Tanh(Mul(0.7978845834, Add(x, Mul(0.044715, Pow(x, 3)))))))",
      "Mul(x, Mul(0.5, Add(Tanh(Mul(Add(Mul(0.044715, Mul(x, Mul(x, x))), x), 0.7978845834)), 1)))",
      // What PyTorch's gelu(approximate='tanh') and gelu_fast become.
      "Mul(0.5, Mul(x, Add(Tanh(Mul(0.7978845834, Add(x, Mul(0.044715, Mul(x, Mul(x, x)))))), 1)))",
      "Mul(Mul(x, 0.5), Add(Tanh(Mul(Mul(x, 0.7978845834), Add(Mul(Mul(x, 0.044715), x), 1))), 1))");
  CHECK(recognised(text) == "Gelu(x, approximate: …)");
}

TEST_CASE("Swish is recognised, and how steep it is") {
  CHECK(recognised("Mul(x, Sigmoid(x))") == "Swish(x, alpha: 1)");
  CHECK(recognised("Mul(Sigmoid(x), x)") == "Swish(x, alpha: 1)");
  CHECK(recognised("Mul(x, Sigmoid(Mul(x, 1.702)))") == "Swish(x, alpha: 1.702)");
  CHECK(recognised("Mul(Mul(x, Sigmoid(x)), y)") == "Mul(Swish(x, alpha: 1), y)");
}

TEST_CASE("What only looks like a gate of x stays") {
  const std::string_view text = GENERATE(
      "Mul(Mul(x, Add(Erf(Div(x, 1.5)), 1)), 0.5)", "Mul(Mul(x, Add(Erf(Div(x, 1.4142135)), 2)), 0.5)",
      "Mul(Mul(y, Add(Erf(Div(x, 1.4142135)), 1)), 0.5)", "Mul(x, Add(Erf(Div(x, 1.4142135)), 1))",
      "Mul(Mul(x, 0.5), Add(Tanh(Mul(Add(x, Mul(Pow(x, 3), 0.05)), 0.7978845834)), 1))",
      "Mul(Mul(x, 0.5), Add(Tanh(Mul(Add(x, Mul(Pow(x, 2), 0.044715)), 0.7978845834)), 1))",
      "Mul(Mul(x, 0.5), Add(Tanh(Mul(Add(y, Mul(Pow(x, 3), 0.044715)), 0.7978845834)), 1))",
      "Mul(Mul(x, 0.5), Add(Tanh(Mul(Mul(x, 0.7978845834), Add(Mul(Mul(x, 0.044715), y), 1))), 1))",
      "Mul(y, Sigmoid(x))", "Mul(x, Sigmoid(Mul(x, y)))", "Mul(Mul(x, 3), Sigmoid(x))");
  const std::string after = recognised(text);
  CHECK_FALSE(after.contains("Gelu"));
  CHECK_FALSE(after.contains("Swish"));
}

TEST_CASE("A gate that somebody else reads stays") {
  GraphBuilder b;
  const ValueId x = b.input("x", {2, 5}), sigmoid = b.node("Sigmoid", {x});
  b.output(b.node("Mul", {x, sigmoid}));
  b.output(sigmoid);
  infer_shapes(b.graph);
  CHECK(recognise_gates(b.graph) == 0);
}

TEST_CASE("A number of more axes than x, which adds them, stays") {
  GraphBuilder b;
  const ValueId x = b.input("x", {2, 5});
  b.output(b.node("Mul", {x, b.node("Sigmoid", {b.node("Mul", {x, b.constant({1, 1, 1}, {2})})})}));
  infer_shapes(b.graph);
  CHECK(recognise_gates(b.graph) == 0);
}
