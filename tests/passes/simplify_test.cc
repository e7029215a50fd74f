#include <catch2/catch_test_macros.hpp>

#include "passes/passes.h"
#include "support/graph_builder.h"
#include "support/interpreter.h"

using namespace octavo;
using namespace octavo::test;

namespace {

// Simplifies and checks that the outputs stay what they were; returns the simplified graph.
Graph simplified(GraphBuilder& b, const Shape& input, float tolerance = 1e-5f) {
  return rewritten(b, input, tolerance, [](Graph& graph) { simplify(graph, KernelPolicy{}); });
}

std::vector<float> values_of(const Tensor& tensor) {
  const auto values = tensor.span<float>();
  return {values.begin(), values.end()};
}

ValueId conv(GraphBuilder& b, ValueId x, int64_t out, int64_t in) {
  return b.node("Conv", {x, b.random({out, in, 3, 3}), b.random({out})},
                attrs({{"pads", std::vector<int64_t>{1, 1, 1, 1}}}));
}

}  // namespace

TEST_CASE("BatchNormalization, Mul and Add disappear into the convolution before them") {
  GraphBuilder b;
  ValueId y = conv(b, b.input("x", {1, 3, 5, 5}), 4, 3);
  const ValueId variance = b.constant({4}, {0.5f, 1, 2, 3});
  y = b.node("BatchNormalization", {y, b.random({4}), b.random({4}), b.random({4}), variance});
  y = b.node("Mul", {y, b.random({1, 4, 1, 1})});
  y = b.node("Add", {b.constant({}, {2}), y});
  y = b.node("Sub", {b.random({4, 1, 1}), y});
  b.output(y);
  const Graph graph = simplified(b, {1, 3, 5, 5}, 1e-4f);
  CHECK(graph.nodes.size() == 1);
  CHECK(graph[graph.outputs[0]].name == "Sub");
}

TEST_CASE("BatchNormalization stays behind convolutions where it is to be trained") {
  GraphBuilder b;
  ValueId y = b.node("Mul", {conv(b, b.input("x", {1, 3, 5, 5}), 4, 3), b.random({1, 4, 1, 1})});
  const ValueId variance = b.constant({4}, {0.5f, 1, 2, 3});
  y = b.node("BatchNormalization", {y, b.random({4}), b.random({4}), b.random({4}), variance});
  b.output(b.node("Identity", {y}));
  Graph graph = b.graph;
  simplify(graph, KernelPolicy{}, false);
  CHECK(test::count(graph, "Conv") == 1);
  CHECK(test::count(graph, "BatchNormalization") == 1);
  CHECK(graph.nodes.size() == 2);
  simplify(graph, KernelPolicy{});
  CHECK(graph.nodes.size() == 1);
}

TEST_CASE("What is read twice or varies inside of a channel is not folded") {
  GraphBuilder b;
  const ValueId y = conv(b, b.input("x", {1, 3, 5, 5}), 4, 3);
  b.output(b.node("Mul", {y, b.constant({}, {2})}));
  b.output(b.node("Add", {y, b.random({5})}));
  CHECK(simplified(b, {1, 3, 5, 5}).nodes.size() == 3);
}

TEST_CASE("A constant that is cast to the type that it has is one tensor, under the name behind the Cast") {
  GraphBuilder b;
  const ValueId w = b.random({8});
  const ConstantTensor tensor = b.graph[w].constant;
  const ValueId cast = b.node("Cast", {w}, attrs({{"to", int64_t{1}}}));
  b.output(b.node("Mul", {b.input("x", {8}), cast}));
  simplify(b.graph, KernelPolicy{});
  REQUIRE(b.graph.nodes.size() == 1);
  const Value& read = b.graph[b.graph.nodes[0].inputs[1]];
  CHECK(read.constant == tensor);
  CHECK(read.name == "Cast");
}

TEST_CASE("A node that nobody reads keeps nothing from being folded") {
  GraphBuilder b;
  const ValueId y = conv(b, b.input("x", {1, 3, 5, 5}), 4, 3);
  b.output(b.node("Mul", {y, b.constant({}, {2})}));
  b.node("Relu", {y});
  CHECK(simplified(b, {1, 3, 5, 5}).nodes.size() == 1);
}

TEST_CASE("Shared weights are folded for each convolution on its own") {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 3, 5, 5}), weights = b.random({4, 3, 1, 1});
  b.output(b.node("Mul", {b.node("Conv", {x, weights}), b.constant({}, {3})}));
  b.output(b.node("Conv", {x, weights}));
  CHECK(simplified(b, {1, 3, 5, 5}).nodes.size() == 2);
}

TEST_CASE("Hard swish is recognised in the ways that exporters spell it") {
  GraphBuilder b;
  const ValueId x = b.input("x", {2, 64});
  const auto scalar = [&](float value) { return b.constant({}, {value}); };
  ValueId y = kNoValue;
  SECTION("x * clip(x + 3, 0, 6) / 6") {
    const ValueId gate = b.node("Clip", {b.node("Add", {x, scalar(3)}), scalar(0), scalar(6)});
    y = b.node("Div", {b.node("Mul", {x, gate}), scalar(6)});
  }
  SECTION("x * (clip(3 + x, 0, 6) * (1/6))") {
    const ValueId gate = b.node("Clip", {b.node("Add", {scalar(3), x}), scalar(0), scalar(6)});
    y = b.node("Mul", {b.node("Mul", {gate, scalar(1 / 6.f)}), x});
  }
  SECTION("x * HardSigmoid(x, 1/6, 1/2)") {
    y = b.node("Mul", {x, b.node("HardSigmoid", {x}, attrs({{"alpha", 1 / 6.f}, {"beta", 0.5f}}))});
  }
  b.output(y);
  const Graph graph = simplified(b, {2, 64});
  CHECK(graph.nodes.size() == 1);
  CHECK(count(graph, "HardSwish") == 1);
}

TEST_CASE("Hard sigmoid is recognised, a plain clip is left alone") {
  GraphBuilder b;
  const ValueId x = b.input("x", {2, 64});
  const auto scalar = [&](float value) { return b.constant({}, {value}); };
  const ValueId inner = b.node("Add", {b.node("Mul", {x, scalar(0.2f)}), scalar(0.5f)});
  b.output(b.node("Clip", {inner, scalar(0), scalar(1)}));
  b.output(b.node("Clip", {x, scalar(0), scalar(1)}));
  const Graph graph = simplified(b, {2, 64});
  CHECK(count(graph, "HardSigmoid") == 1);
  CHECK(count(graph, "Clip") == 1);
}

TEST_CASE("A gate of another slope is not hard swish") {
  GraphBuilder b;
  const ValueId x = b.input("x", {2, 64});
  b.output(b.node("Mul", {x, b.node("HardSigmoid", {x})}));
  CHECK(count(simplified(b, {2, 64}), "HardSwish") == 0);
}

TEST_CASE("Constants and the shapes of static tensors are computed once") {
  GraphBuilder b;
  const ValueId x = b.input("x", {2, 6});
  const ValueId weights = b.node("Reshape", {b.random({12}), b.constant(Tensor::of<int64_t>({2}, {6, 2}))});
  b.output(b.node("MatMul", {b.node("Identity", {x}), weights}));
  b.output(b.node("Reshape", {x, b.node("Shape", {x})}));
  const Graph graph = simplified(b, {2, 6});
  CHECK(graph.nodes.size() == 2);
}

TEST_CASE("A convolution is not folded with what float32 cannot hold") {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 1, 1, 2});
  const ValueId y = b.node("Conv", {x, b.constant({1, 1, 1, 1}, {1})});
  SECTION("a division by zero keeps the sign") { b.output(b.node("Div", {y, b.constant({}, {0})})); }
  SECTION("an overflow on the way") {
    const ValueId large = b.node("Mul", {y, b.constant({}, {3e38f})});
    b.output(b.node("Mul", {b.node("Mul", {large, b.constant({}, {3e38f})}), b.constant({}, {1e-38f})}));
  }
  SECTION("an underflow on the way") {
    const ValueId small = b.node("Mul", {y, b.constant({}, {1e-42f})});
    b.output(b.node("Mul", {small, b.constant({}, {1e30f})}));
  }
  std::vector<Tensor> feeds;
  feeds.push_back(Tensor::of<float>({1, 1, 1, 2}, {1, -2}));
  const std::vector<Tensor> before = interpret(b.graph, feeds);
  simplify(b.graph, KernelPolicy{});
  CHECK(values_of(interpret(b.graph, feeds)[0]) == values_of(before[0]));
}

TEST_CASE("A hard swish whose constants add axes keeps them") {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 1, 1, 2});
  const ValueId sum = b.node("Add", {x, b.constant({1, 1, 1, 1, 1}, {3})});
  const ValueId gate = b.node("Clip", {sum, b.constant({}, {0}), b.constant({}, {6})});
  b.output(b.node("Div", {b.node("Mul", {x, gate}), b.constant({}, {6})}));
  const Graph graph = simplified(b, {1, 1, 1, 2});
  CHECK(graph[graph.outputs[0]].shape == Shape{1, 1, 1, 1, 2});
}

TEST_CASE("Two outputs that are one value keep both names") {
  GraphBuilder b;
  const ValueId y = b.node("Relu", {b.input("x", {2})});
  b.output(b.node("Identity", {y}));
  b.output(b.node("Identity", {y}));
  const std::vector<std::string> names = {b.graph[b.graph.outputs[0]].name, b.graph[b.graph.outputs[1]].name};
  const Graph graph = simplified(b, {2});
  CHECK(graph[graph.outputs[0]].name == names[0]);
  CHECK(graph[graph.outputs[1]].name == names[1]);
}

TEST_CASE("Nothing is left to simplify") {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 2, 4, 4});
  // The shape is known only when the one before is a constant.
  const ValueId flat = b.node("Reshape", {x, b.node("Shape", {b.node("Relu", {x})})});
  const ValueId again = b.node("Reshape", {flat, b.node("Shape", {flat})});
  b.output(b.node("Mul", {conv(b, again, 3, 2), b.constant({}, {2})}));
  Graph graph = simplified(b, {1, 2, 4, 4});
  const std::string once = dump(graph);
  simplify(graph, KernelPolicy{});
  CHECK(dump(graph) == once);
}

TEST_CASE("Readers that nobody reads do not keep a Dropout") {
  GraphBuilder b;
  const ValueId x = b.input("x", {2});
  const ValueId y = b.node("Dropout", {x});
  const ValueId mask = b.graph.add_value({{DType::boolean}, "mask"});
  b.graph.nodes.back().outputs.push_back(mask);
  b.node("Cast", {mask}, attrs({{"to", int64_t{1}}}));
  b.output(b.node("Relu", {y}));
  const Graph graph = simplified(b, {2});
  CHECK(count(graph, "Dropout") == 0);
}

TEST_CASE("Outputs that an operator may leave out go with their readers") {
  GraphBuilder b;
  const ValueId y =
      b.node("MaxPool", {b.input("x", {1, 1, 2, 2})}, attrs({{"kernel_shape", std::vector<int64_t>{2, 2}}}));
  const ValueId indices = b.graph.add_value({{DType::s64}, "indices"});
  b.graph.nodes.back().outputs.push_back(indices);
  b.node("Cast", {indices}, attrs({{"to", int64_t{1}}}));
  b.output(y);
  const Graph graph = simplified(b, {1, 1, 2, 2});
  REQUIRE(graph.nodes.size() == 1);
  CHECK(graph.nodes[0].outputs.size() == 1);
}

TEST_CASE("Foldings have a budget") {
  GraphBuilder b;
  ValueId y = b.constant({1}, {1});
  for (int doubling = 0; doubling < 28; ++doubling)
    y = b.node("Concat", {y, y}, attrs({{"axis", int64_t{0}}}));
  b.output(y);
  simplify(b.graph, KernelPolicy{});
  std::size_t bytes = 0;
  for (const Value& value : b.graph.values)
    if (value.is_constant()) bytes += value.constant->bytes();
  CHECK(bytes <= 64 << 20);
  CHECK(b.graph.nodes.size() == 5);
}
