#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "passes/passes.h"
#include "support/graph_builder.h"
#include "support/interpreter.h"

using namespace octavo;
using namespace octavo::test;

namespace {

constexpr int64_t kBatch = 2, kHeads = 3, kLength = 5, kSize = 8,
                  kLarge = std::numeric_limits<int64_t>::max();

ValueId transposed(GraphBuilder& b, ValueId x) {
  return b.node("Transpose", {x}, attrs({{"perm", std::vector<int64_t>{0, 2, 1, 3}}}));
}

ValueId sliced(GraphBuilder& b, ValueId x, int64_t from, int64_t to) {
  const auto list = [&](int64_t number) { return b.constant(Tensor::of<int64_t>({1}, {number})); };
  return b.node("Slice", {x, list(from), list(to), list(3), list(1)});
}

ValueId concat(GraphBuilder& b, ValueId first, ValueId second) {
  return b.node("Concat", {first, second}, attrs({{"axis", int64_t{-1}}}));
}

ValueId rotated_half(GraphBuilder& b, ValueId x) {
  return concat(b, b.node("Neg", {sliced(b, x, kSize / 2, kLarge)}), sliced(b, x, 0, kSize / 2));
}

ValueId sum(GraphBuilder& b, ValueId x, ValueId cos, ValueId turned, ValueId sin) {
  return b.node("Add", {b.node("Mul", {x, cos}), b.node("Mul", {turned, sin})});
}

Graph recognised(GraphBuilder& b) {
  infer_shapes(b.graph);
  std::vector<Tensor> feeds;
  for (ValueId id : b.graph.inputs) feeds.push_back(b.random_tensor(*b.graph[id].shape));
  // The same products and sums in the same order: the same bits.
  return rewritten(b, std::move(feeds), 0.0f, [](Graph& graph) {
    recognise_rotary(graph);
    infer_shapes(graph);
  });
}

}  // namespace

TEST_CASE("Rotary positions as Llama spells them are one node, behind which the heads are transposed") {
  GraphBuilder b;
  const bool is_transposed = GENERATE(true, false);
  const Shape cache = GENERATE(Shape{1, 1, kLength, kSize}, Shape{kBatch, 1, kLength, kSize},
                               Shape{kLength, kSize}, Shape{1, kHeads, 1, kSize}, Shape{kSize});
  const ValueId x = is_transposed ? transposed(b, b.input("x", {kBatch, kLength, kHeads, kSize}))
                                  : b.input("x", {kBatch, kHeads, kLength, kSize});
  const ValueId cos = b.input("cos", cache), sin = b.input("sin", {1, 1, kLength, kSize});
  b.output(sum(b, x, cos, rotated_half(b, x), sin));
  const Graph graph = recognised(b);
  CHECK(count(graph, "RotaryEmbedding") == 1);
  CHECK(count(graph, "Transpose") == (is_transposed ? 1 : 0));
  CHECK(graph.nodes.size() == (is_transposed ? 2 : 1));
}

TEST_CASE("Rotary positions of more rows than there are heads for, of halves that are split") {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, kHeads, 1, kSize});
  Node split{.op = &get_op("Split"),
             .name = "split",
             .attrs = attrs({{"axis", int64_t{3}}, {"num_outputs", int64_t{2}}})};
  const ValueId first = b.graph.add_value({.name = "first"}), second = b.graph.add_value({.name = "second"});
  split.inputs = {x};
  split.outputs = {first, second};
  b.graph.nodes.push_back(split);
  const ValueId turned = concat(b, b.node("Neg", {second}), first);
  b.output(sum(b, x, b.input("cos", {kBatch, 1, kLength, kSize}), turned, b.input("sin", {kLength, kSize})));
  const Graph graph = recognised(b);
  CHECK(count(graph, "RotaryEmbedding") == 1);
  CHECK(graph.nodes.size() == 1);
}

TEST_CASE("What only looks like rotary positions stays") {
  GraphBuilder b;
  const ValueId x = b.input("x", {kBatch, kHeads, kLength, kSize}),
                other = b.input("other", {kBatch, kHeads, kLength, kSize});
  const ValueId cos = b.input("cos", {1, 1, kLength, kSize}), sin = b.input("sin", {1, 1, kLength, kSize});
  SECTION("of another value") { b.output(sum(b, x, cos, rotated_half(b, other), sin)); }
  SECTION("halves that are not") {
    const ValueId turned = concat(b, b.node("Neg", {sliced(b, x, 3, kLarge)}), sliced(b, x, 0, 3));
    b.output(sum(b, x, cos, turned, sin));
  }
  SECTION("the first half negated") {
    const ValueId turned =
        concat(b, b.node("Neg", {sliced(b, x, 0, kSize / 2)}), sliced(b, x, kSize / 2, kLarge));
    b.output(sum(b, x, cos, turned, sin));
  }
  SECTION("one angle for all elements") {
    b.output(sum(b, x, b.input("one", {1, 1, kLength, 1}), rotated_half(b, x), sin));
  }
  SECTION("a product that somebody reads") {
    const ValueId turned = rotated_half(b, x), product = b.node("Mul", {turned, sin});
    b.output(product);
    b.output(b.node("Add", {b.node("Mul", {x, cos}), product}));
  }
  CHECK(count(recognised(b), "RotaryEmbedding") == 0);
}
