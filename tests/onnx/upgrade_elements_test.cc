// Older forms of operators that move, pick, count or draw elements.
#include <catch2/catch_test_macros.hpp>

#include "graph/op_def.h"
#include "onnx/model_builder.h"

namespace octavo::onnx {
namespace {

using Ints = std::vector<int64_t>;

ModelBuilder one_node(int64_t opset, std::string_view op, std::vector<Bytes> attributes,
                      std::vector<std::string> inputs = {"x"}, std::vector<std::string> outputs = {"y"}) {
  ModelBuilder builder;
  builder.opset = opset;
  builder.nodes = {node(op, inputs, outputs, attributes)};
  return builder;
}

TEST_CASE("Split: the parts become an input at opset 13, and their number an attribute") {
  const auto sized = one_node(11, "Split", {attribute("split", Ints{1, 1})}, {"x"}, {"y", "z"}).read().graph;
  const Node& split = the_node(sized, "Split");
  CHECK(to_int64(sized.constant_input(split, 1)->view()) == Ints{1, 1});
  CHECK(split.attrs.empty());
  // Outputs that nobody reads count, too.
  for (int64_t opset : {7, 13}) {
    const Graph equal = one_node(opset, "Split", {}, {"x"}, {"y", "unread"}).read().graph;
    CHECK(the_node(equal, "Split").attrs.get_int("num_outputs", 0) == 2);
    CHECK(the_node(equal, "Split").outputs.size() == 1);
  }
  const Bytes two = attribute("num_outputs", int64_t{2});
  CHECK(one_node(18, "Split", {two}, {"x"}, {"y", "z"}).read().graph.nodes.size() == 1);
  ModelBuilder both = one_node(18, "Split", {two}, {"x", "s"}, {"y", "z"});
  both.initializers = {int64_tensor("s", {2}, {1, 1})};
  CHECK(failure(both).code() == ErrorCode::invalid_graph);
}

TEST_CASE("TopK: k becomes an input at opset 10") {
  const Graph graph = one_node(9, "TopK", {attribute("k", int64_t{2})}).read().graph;
  const Node& top = the_node(graph, "TopK");
  CHECK(to_int64(graph.constant_input(top, 1)->view()) == Ints{2});
  CHECK(failure(one_node(10, "TopK", {attribute("k", int64_t{2})})).code() == ErrorCode::invalid_graph);
}

TEST_CASE("Scatter is ScatterElements, up to opset 10") {
  const auto model = [](int64_t opset) {
    ModelBuilder builder = one_node(opset, "Scatter", {}, {"x", "i", "u"});
    builder.initializers = {int64_tensor("i", {1, 1}, {0}), float_tensor("u", {1, 1}, {1})};
    return builder;
  };
  CHECK(model(9).read().graph.nodes[0].op->name == "ScatterElements");
  CHECK(failure(model(11)).code() == ErrorCode::invalid_graph);
}

TEST_CASE("Hardmax before opset 13 over several axes flattens and restores the shape") {
  const Graph graph = one_node(11, "Hardmax", {attribute("axis", int64_t{0})}).read().graph;
  CHECK(the_node(graph, "Hardmax").attrs.get_int("axis", 0) == -1);
  CHECK(the_node(graph, "Flatten").attrs.get_int("axis", 1) == 0);
}

TEST_CASE("attributes that name 16-bit floats name float32, which is computed") {
  for (std::string_view op : {"EyeLike", "Bernoulli", "RandomNormalLike", "RandomUniformLike"}) {
    const Graph graph = one_node(22, op, {attribute("dtype", int64_t{kHalf})}).read().graph;
    CHECK(the_node(graph, op).attrs.get_int("dtype", 0) == kFloat);
  }
}

TEST_CASE("a tensor always has its optional element, and what is left out never") {
  const Graph graph = one_node(18, "OptionalHasElement", {}).read().graph;
  const Node& answer = the_node(graph, "Identity");
  CHECK(graph.constant_input(answer, 0)->span<bool>()[0]);
  const Graph nothing = one_node(18, "OptionalHasElement", {}, {}).read().graph;
  CHECK_FALSE(nothing.constant_input(the_node(nothing, "Identity"), 0)->span<bool>()[0]);
  CHECK(one_node(18, "OptionalGetElement", {}).read().graph.nodes[0].op->name == "Identity");
}

}  // namespace
}  // namespace octavo::onnx
