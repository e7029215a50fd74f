#include <catch2/catch_test_macros.hpp>

#include "graph/qdq.h"
#include "passes/passes.h"
#include "support/graph_builder.h"
#include "support/interpreter.h"

using namespace octavo;
using namespace octavo::test;

namespace {

ValueId ints(GraphBuilder& b, const std::vector<int64_t>& numbers) {
  return b.constant(
      Tensor::of<int64_t>({static_cast<int64_t>(numbers.size())}, std::span<const int64_t>(numbers)));
}

// [size of an axis of x], as PyTorch computes it.
ValueId size(GraphBuilder& b, ValueId x, int64_t axis) {
  const ValueId picked =
      b.node("Gather", {b.node("Shape", {x}), b.constant(Tensor::of<int64_t>({}, {axis}))});
  return b.node("Unsqueeze", {picked, ints(b, {0})});
}

ValueId concat(GraphBuilder& b, std::vector<ValueId> lists) {
  return b.node("Concat", std::move(lists), attrs({{"axis", int64_t{0}}}));
}

// The sizes that the last node reads; empty where a run computes them.
std::vector<int64_t> wanted(const Graph& graph) {
  const Tensor* const list = graph.constant_input(graph.nodes.back(), 1);
  if (list == nullptr) return {};
  const auto numbers = list->span<int64_t>();
  return {numbers.begin(), numbers.end()};
}

// Checks that both compute the same of one shape that fits.
Graph settled(GraphBuilder& b, const Shape& shape) {
  infer_shapes(b.graph);
  std::vector<Tensor> feeds;
  for (std::size_t i = 0; i < b.graph.inputs.size(); ++i) feeds.push_back(b.random_tensor(shape));
  return rewritten(b, std::move(feeds), 0.0f, [](Graph& graph) {
    settle_sizes(graph);
    infer_shapes(graph);
  });
}

const Shape kOpen{kDynamic, kDynamic, 12};

}  // namespace

TEST_CASE("A shape made of sizes of what is reshaped is constant, and says what is known of it") {
  GraphBuilder b;
  const ValueId x = b.input("x", kOpen), other = b.node("Add", {x, b.random({12})});
  const ValueId y =
      b.node("LayerNormalization", {b.node("MatMul", {other, b.random({12, 12})}), b.random({12})});
  b.output(
      b.node("Reshape", {y, concat(b, {size(b, x, 0), size(b, other, 1), ints(b, {-1}), ints(b, {4})})}));
  const Graph graph = settled(b, {2, 3, 12});
  CHECK(wanted(graph) == std::vector<int64_t>{0, 0, -1, 4});
  CHECK(*graph[graph.outputs[0]].shape == Shape{kDynamic, kDynamic, 3, 4});
  CHECK(count(graph, "Shape") == 0);
}

TEST_CASE("Integers have the sizes of what was quantized") {
  GraphBuilder b;
  const ValueId x = b.input("x", kOpen);
  DynamicPair pair = make_dynamic_pair(b.graph, x, Granularity::tensor, 255);
  const ValueId dequantized = pair.dequantize.outputs[0];
  b.graph.nodes.push_back(std::move(pair.quantize));
  b.graph.nodes.push_back(std::move(pair.dequantize));
  const ValueId y = b.node("MatMul", {dequantized, b.random({12, 12})});
  b.output(b.node("Reshape", {y, concat(b, {size(b, x, 0), size(b, x, 1), ints(b, {-1}), ints(b, {4})})}));
  CHECK(wanted(settled(b, {2, 3, 12})) == std::vector<int64_t>{0, 0, -1, 4});
}

TEST_CASE("A size that has moved is what is left") {
  GraphBuilder b;
  const ValueId x = b.input("x", {kDynamic, 3, kDynamic, 4});
  const ValueId heads = b.node("Mul", {size(b, x, 1), ints(b, {2})});
  const ValueId twice = concat(b, {size(b, x, 0), ints(b, {3, 2}), size(b, x, 2), ints(b, {4})});
  const ValueId wide = b.node("Expand", {b.node("Unsqueeze", {x, ints(b, {2})}), twice});
  b.output(b.node("Reshape", {wide, concat(b, {size(b, x, 0), heads, size(b, x, 2), size(b, x, 3)})}));
  const Graph graph = settled(b, {2, 3, 5, 4});
  CHECK(wanted(graph) == std::vector<int64_t>{0, 6, -1, 4});
}

TEST_CASE("PyTorch's choice of sizes where an Expand says -1") {
  GraphBuilder b;
  const ValueId x = b.input("x", {kDynamic, 1, 4});
  const ValueId sizes = concat(b, {size(b, x, 0), ints(b, {3}), ints(b, {-1})});
  const ValueId is_open = b.node("Equal", {sizes, ints(b, {-1, -1, -1})});
  b.output(b.node("Expand", {x, b.node("Where", {is_open, ints(b, {1, 1, 1}), sizes})}));
  CHECK(wanted(settled(b, {2, 1, 4})) == std::vector<int64_t>{1, 3, 1});
}

TEST_CASE("Sizes that are known after all are constants") {
  GraphBuilder b;
  const ValueId x = b.input("x", kOpen);
  const ValueId half = b.node("Div", {size(b, x, 2), ints(b, {2})});
  b.output(b.node("Slice", {x, ints(b, {0}), half, ints(b, {2})}));
  const Graph graph = settled(b, {2, 3, 12});
  CHECK(graph.nodes.size() == 1);
  CHECK(*graph[graph.outputs[0]].shape == Shape{kDynamic, kDynamic, 6});
}

TEST_CASE("Parts of a shape, as the newer exporter takes them") {
  GraphBuilder b;
  const ValueId x = b.input("x", kOpen);
  const ValueId first = b.node("Shape", {x}, attrs({{"start", int64_t{0}}, {"end", int64_t{1}}}));
  const ValueId second = b.node("Slice", {b.node("Shape", {x}), ints(b, {1}), ints(b, {-1})});
  b.output(b.node("Reshape", {x, concat(b, {first, second, ints(b, {3, 4})})},
                  attrs({{"allowzero", int64_t{1}}})));
  CHECK(wanted(settled(b, {2, 3, 12})) == std::vector<int64_t>{0, 0, 3, 4});
}

TEST_CASE("A size stays itself through rows that are counted, cut and joined") {
  GraphBuilder b;
  const ValueId x = b.input("x", {kDynamic, 4});
  const ValueId length = b.node("Squeeze", {size(b, x, 0), ints(b, {0})});
  const ValueId rows = b.node(
      "Range", {b.constant(Tensor::of<int64_t>({}, {0})), length, b.constant(Tensor::of<int64_t>({}, {1}))});
  const ValueId angles =
      b.node("Cast", {b.node("Unsqueeze", {rows, ints(b, {1})})}, attrs({{"to", int64_t{1}}}));
  const ValueId half = b.node("Slice", {x, ints(b, {0}), ints(b, {2}), ints(b, {1})});
  const ValueId joined = b.node("Concat", {half, angles}, attrs({{"axis", int64_t{1}}}));
  b.output(b.node("Reshape", {joined, concat(b, {size(b, x, 0), ints(b, {3, 1})})}));
  CHECK(wanted(settled(b, {5, 4})) == std::vector<int64_t>{0, 3, 1});
}

TEST_CASE("Sizes that only look the same are computed") {
  GraphBuilder b;
  const ValueId x = b.input("x", kOpen), other = b.input("other", kOpen);
  SECTION("of another tensor") {
    b.output(b.node("Reshape", {x, concat(b, {size(b, other, 0), size(b, other, 1), ints(b, {3, 4})})}));
  }
  SECTION("of axes in another order") {
    b.output(b.node("Reshape", {x, concat(b, {size(b, x, 1), size(b, x, 0), ints(b, {12})})}));
  }
  SECTION("of a sum, which may have more than x") {
    const ValueId sum = b.node("Add", {x, other});
    b.output(b.node("Expand", {x, concat(b, {size(b, sum, 0), size(b, sum, 1), ints(b, {12})})}));
  }
  CHECK(wanted(settled(b, {3, 3, 12})).empty());
}

TEST_CASE("A list of sizes that somebody is given stays") {
  GraphBuilder b;
  const ValueId x = b.input("x", {kDynamic, 3});
  b.output(size(b, x, 1));
  infer_shapes(b.graph);
  settle_sizes(b.graph);
  verify(b.graph);
  CHECK(b.graph.nodes.back().op->name == "Unsqueeze");
}
