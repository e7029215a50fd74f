#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "passes/passes.h"
#include "support/graph_builder.h"
#include "support/interpreter.h"

using namespace octavo;
using namespace octavo::test;

namespace {

const Shape kShape{2, 3, 8};

ValueId mean(GraphBuilder& b, ValueId x, std::vector<int64_t> axes = {-1}) {
  const auto count = static_cast<int64_t>(axes.size());
  Tensor list(DType::s64, {count});
  std::ranges::copy(axes, list.span<int64_t>().begin());
  return b.node("ReduceMean", {x, b.constant(std::move(list))}, attrs({{"keepdims", int64_t{1}}}));
}

ValueId number(GraphBuilder& b, float x) { return b.constant({}, {x}); }

// √(mean(d²) + ε)
ValueId deviation(GraphBuilder& b, ValueId d, std::vector<int64_t> axes = {-1}) {
  const ValueId square = b.node("Pow", {d, number(b, 2)});
  return b.node("Sqrt", {b.node("Add", {mean(b, square, std::move(axes)), number(b, 1e-3f)})});
}

// After a check that both compute the same.
Graph recognised(GraphBuilder& b) {
  infer_shapes(b.graph);
  std::vector<Tensor> feeds;
  for (ValueId id : b.graph.inputs) feeds.push_back(b.random_tensor(*b.graph[id].shape));
  return rewritten(b, std::move(feeds), 1e-5f, recognise_normalizations);
}

}  // namespace

TEST_CASE("LayerNormalization as PyTorch spells it out is one node") {
  GraphBuilder b;
  const ValueId x = b.input("x", kShape), d = b.node("Sub", {x, mean(b, x)});
  const ValueId y = b.node("Mul", {b.node("Div", {d, deviation(b, d)}), b.random({8})});
  b.output(b.node("Add", {b.random({8}), y}));
  const Graph graph = recognised(b);
  REQUIRE(graph.nodes.size() == 1);
  CHECK(graph.nodes[0].op->name == "LayerNormalization");
  CHECK(graph.nodes[0].inputs.size() == 3);
}

TEST_CASE("LayerNormalization by other roots, and without scale or bias") {
  GraphBuilder b;
  const ValueId x = b.input("x", kShape), d = b.node("Sub", {x, mean(b, x)});
  const ValueId square = b.node("Mul", {d, d});
  const ValueId variance = b.node("Add", {number(b, 1e-3f), mean(b, square)});
  SECTION("a power of -1/2") { b.output(b.node("Mul", {d, b.node("Pow", {variance, number(b, -0.5f)})})); }
  SECTION("a power of 1/2") { b.output(b.node("Div", {d, b.node("Pow", {variance, number(b, 0.5f)})})); }
  SECTION("one over the root") {
    b.output(b.node("Mul", {b.node("Div", {number(b, 1), b.node("Sqrt", {variance})}), d}));
  }
  SECTION("a reciprocal") {
    b.output(b.node("Mul", {d, b.node("Reciprocal", {b.node("Sqrt", {variance})})}));
  }
  const Graph graph = recognised(b);
  REQUIRE(graph.nodes.size() == 1);
  CHECK(graph.nodes[0].op->name == "LayerNormalization");
}

TEST_CASE("LayerNormalization as Keras multiplies it out is one node") {
  GraphBuilder b;
  const ValueId x = b.input("x", kShape), m = b.node("GlobalAveragePool", {x}), d = b.node("Sub", {x, m});
  const ValueId variance = b.node("GlobalAveragePool", {b.node("Mul", {d, d})});
  const ValueId root = b.node("Sqrt", {b.node("Add", {variance, number(b, 1e-3f)})});
  const ValueId factor = b.node("Mul", {b.node("Reciprocal", {root}), b.random({1, 1, 8})});
  const ValueId bias = b.random({1, 1, 8});
  ValueId offset = kNoValue;
  SECTION("with a negative mean") {
    offset = b.node("Add", {b.node("Mul", {b.node("Neg", {m}), factor}), bias});
  }
  SECTION("with a difference") { offset = b.node("Sub", {bias, b.node("Mul", {m, factor})}); }
  b.output(b.node("Add", {b.node("Mul", {x, factor}), offset}));
  const Graph graph = recognised(b);
  REQUIRE(graph.nodes.size() == 1);
  CHECK(graph.nodes[0].op->name == "LayerNormalization");
}

TEST_CASE("RMSNormalization as Llama and T5 spell it is one node") {
  GraphBuilder b;
  const ValueId x = b.input("x", kShape);
  const ValueId inverse = GENERATE(true, false) ? b.node("Reciprocal", {deviation(b, x)})
                                                : b.node("Div", {number(b, 1), deviation(b, x)});
  b.output(b.node("Mul", {b.random({8}), b.node("Mul", {x, inverse})}));
  const Graph graph = recognised(b);
  REQUIRE(graph.nodes.size() == 1);
  CHECK(graph.nodes[0].op->name == "RMSNormalization");
}

TEST_CASE("Several last axes are normalized at once") {
  GraphBuilder b;
  const ValueId x = b.input("x", kShape), d = b.node("Sub", {x, mean(b, x, {1, 2})});
  b.output(b.node("Mul", {b.node("Div", {d, deviation(b, d, {2, 1})}), b.random({3, 8})}));
  const Graph graph = recognised(b);
  REQUIRE(graph.nodes.size() == 1);
  CHECK(graph.nodes[0].attrs.get_int("axis", -1) == 1);
}

TEST_CASE("A scale that is no row stays behind the normalization") {
  GraphBuilder b;
  const ValueId x = b.input("x", kShape), d = b.node("Sub", {x, mean(b, x)});
  b.output(b.node("Mul", {b.node("Div", {d, deviation(b, d)}), b.random({3, 1})}));
  const Graph graph = recognised(b);
  CHECK(count(graph, "LayerNormalization") == 1);
  CHECK(count(graph, "Mul") == 1);
}

TEST_CASE("What only looks like a normalization stays") {
  GraphBuilder b;
  const ValueId x = b.input("x", kShape), other = b.input("other", kShape);
  const ValueId d = b.node("Sub", {x, mean(b, x)});
  SECTION("of another value") { b.output(b.node("Div", {other, deviation(b, d)})); }
  SECTION("along an axis in the middle") { b.output(b.node("Div", {x, deviation(b, x, {1})})); }
  SECTION("multiplied with the deviation") { b.output(b.node("Mul", {d, deviation(b, d)})); }
  SECTION("the deviation over it") { b.output(b.node("Div", {deviation(b, d), d})); }
  SECTION("another power") {
    const ValueId variance = b.node("Add", {mean(b, b.node("Pow", {d, number(b, 4)})), number(b, 1e-3f)});
    b.output(b.node("Div", {d, b.node("Sqrt", {variance})}));
  }
  SECTION("multiplied out with another mean") {
    const ValueId factor = b.node("Reciprocal", {deviation(b, d)});
    const ValueId offset = b.node("Sub", {b.random({8}), b.node("Mul", {mean(b, other), factor})});
    b.output(b.node("Add", {b.node("Mul", {x, factor}), offset}));
  }
  const Graph graph = recognised(b);
  CHECK(count(graph, "LayerNormalization") + count(graph, "RMSNormalization") == 0);
}

TEST_CASE("A deviation about one mean and a distance from another is of what is left") {
  GraphBuilder b;
  const ValueId x = b.input("x", kShape), d = b.node("Sub", {x, mean(b, x, {1})});
  b.output(b.node("Div", {d, deviation(b, d)}));
  const Graph graph = recognised(b);
  CHECK(count(graph, "RMSNormalization") == 1);
  CHECK(count(graph, "Sub") == 1);
}
