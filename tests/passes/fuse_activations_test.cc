#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "passes/passes.h"
#include "support/expression.h"
#include "support/interpreter.h"

using namespace octavo;
using namespace octavo::test;

TEST_CASE("A bias and then a clamp go into a product, on either side of the sum") {
  const bool is_left = GENERATE(false, true);
  const Shape shape = GENERATE(Shape{5}, Shape{1, 5}, Shape{1, 1, 5});
  CAPTURE(is_left, shape);
  GraphBuilder b;
  const ValueId y = b.node("MatMul", {b.input("x", {2, 3, 4}), b.random({4, 5})}), bias = b.random(shape);
  b.output(b.node("Relu", {is_left ? b.node("Add", {bias, y}) : b.node("Add", {y, bias})}));
  infer_shapes(b.graph);
  const Graph graph = rewritten(b, {2, 3, 4}, 0, fuse_activations);
  REQUIRE(graph.nodes.size() == 1);
  CHECK(graph.nodes[0].lowered.bias);
  CHECK(graph.nodes[0].lowered.clamp.low == 0);
}

TEST_CASE("A bias goes into products of two activations, matrix by matrix") {
  GraphBuilder b;
  b.output(
      b.node("Add", {b.node("MatMul", {b.input("x", {2, 3, 4}), b.input("w", {2, 4, 5})}), b.random({5})}));
  infer_shapes(b.graph);
  std::vector<Tensor> feeds;
  feeds.push_back(b.random_tensor({2, 3, 4}));
  feeds.push_back(b.random_tensor({2, 4, 5}));
  const Graph graph = rewritten(b, std::move(feeds), 0, fuse_activations);
  CHECK(graph.nodes.size() == 1);
}

TEST_CASE("A clamp before a sum keeps the sum") {
  GraphBuilder b;
  const ValueId y = b.node("Relu", {b.node("MatMul", {b.input("x", {3, 4}), b.random({4, 5})})});
  b.output(b.node("Add", {y, b.random({5})}));
  infer_shapes(b.graph);
  CHECK(expression(rewritten(b, {3, 4}, 0, fuse_activations)).starts_with("Add("));
}
