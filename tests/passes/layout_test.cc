#include <catch2/catch_test_macros.hpp>

#include "passes/passes.h"
#include "support/graph_builder.h"
#include "support/interpreter.h"

using namespace octavo;
using namespace octavo::test;

namespace {

Graph with_layout(GraphBuilder& b, const Shape& input) {
  infer_shapes(b.graph);
  return rewritten(b, input, 1e-5f, choose_layout);
}

ValueId conv(GraphBuilder& b, ValueId x, int64_t out, int64_t in) {
  return b.node("Conv", {x, b.random({out, in, 1, 1})});
}

}  // namespace

TEST_CASE("A chain of convolutions has a transpose at each end only") {
  GraphBuilder b;
  ValueId y = conv(b, b.input("x", {1, 3, 4, 5}), 6, 3);
  y = b.node("Add", {y, b.random({6, 1, 1})});
  y = b.node("Mul", {b.node("Relu", {y}), b.node("Sigmoid", {y})});
  b.output(conv(b, y, 2, 6));
  CHECK(count(with_layout(b, {1, 3, 4, 5}), "Transpose") == 2);
}

TEST_CASE("Branches join channels-last, and axes follow") {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 3, 4, 5});
  const ValueId y = b.node("Concat", {conv(b, x, 4, 3), conv(b, x, 2, 3)}, attrs({{"axis", int64_t{1}}}));
  const ValueId pooled = b.node("ReduceMean", {y, b.constant(Tensor::of<int64_t>({2}, {2, 3}))},
                                attrs({{"keepdims", int64_t{1}}}));
  b.output(b.node("Softmax", {b.node("Mul", {y, pooled})}, attrs({{"axis", int64_t{1}}})));
  CHECK(count(with_layout(b, {1, 3, 4, 5}), "Transpose") == 2);
}

TEST_CASE("An operator that needs channels first gets them") {
  GraphBuilder b;
  const ValueId y = conv(b, b.input("x", {2, 3, 4, 5}), 4, 3);
  b.output(b.node("Reshape", {y, b.constant(Tensor::of<int64_t>({2}, {2, -1}))}));
  b.output(b.node("Flatten", {b.node("GlobalAveragePool", {y})}));
  with_layout(b, {2, 3, 4, 5});
}

TEST_CASE("What is quantized while it runs moves only where its rank is known") {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 3, 4, 5});
  Node quantize{.op = &get_op("DynamicQuantizeLinear"), .name = "quantize", .inputs = {x}};
  for (const char* name : {"q", "scale", "zero_point"})
    quantize.outputs.push_back(b.graph.add_value({{DType::u8}, name}));
  const std::vector<ValueId> parts = quantize.outputs;
  b.graph.nodes.push_back(std::move(quantize));
  const ValueId dequantized = b.node("DequantizeLinear", parts);
  b.output(conv(b, dequantized, 4, 3));
  b.graph[x].shape.reset();
  for (ValueId id : {parts[0], dequantized}) b.graph[id].shape = Shape{1, 3, 4, 5};
  with_layout(b, {1, 3, 4, 5});
}

TEST_CASE("Graphs without convolutions stay as they are") {
  GraphBuilder b;
  b.output(b.node("Add", {b.node("Relu", {b.input("x", {1, 3, 4, 5})}), b.random({5})}));
  CHECK(count(with_layout(b, {1, 3, 4, 5}), "Transpose") == 0);
}

TEST_CASE("One-dimensional convolutions are laid out, too") {
  GraphBuilder b;
  const ValueId y = b.node("Conv", {b.input("x", {2, 3, 9}), b.random({4, 3, 3})});
  b.output(b.node("MaxPool", {y}, attrs({{"kernel_shape", std::vector<int64_t>{2}}})));
  CHECK(count(with_layout(b, {2, 3, 9}), "Transpose") == 2);
}

namespace {

std::vector<int64_t> to_last() { return {0, 2, 3, 1}; }
std::vector<int64_t> to_first() { return {0, 3, 1, 2}; }

ValueId transposed(GraphBuilder& b, ValueId x, std::vector<int64_t> permutation) {
  return b.node("Transpose", {x}, attrs({{"perm", std::move(permutation)}}));
}

// A convolution of x, which is channels-last, as converters from channels-last frameworks write it.
ValueId wrapped_conv(GraphBuilder& b, ValueId x, int64_t out, int64_t in) {
  return transposed(b, conv(b, transposed(b, x, to_first()), out, in), to_last());
}

Graph simplified(GraphBuilder& b, const Shape& input) {
  infer_shapes(b.graph);
  return rewritten(b, input, 1e-5f, [](Graph& graph) { simplify(graph, KernelPolicy{}); });
}

}  // namespace

TEST_CASE("What converters from channels-last frameworks put around convolutions goes away, and folds") {
  GraphBuilder b;
  ValueId x = wrapped_conv(b, b.input("x", {1, 4, 5, 3}), 6, 3);
  for (const auto* op : {"Sub", "Mul", "Add"}) x = b.node(op, {x, b.random({6})});
  x = b.node("Relu", {x});
  ValueId y = wrapped_conv(b, x, 6, 6);
  y = b.node("Add", {b.node("Mul", {y, b.random({6})}), x});
  y = b.node("Concat", {y, x}, attrs({{"axis", int64_t{3}}}));
  b.output(y);
  Graph graph = simplified(b, {1, 4, 5, 3});
  CHECK(count(graph, "Transpose") == 2);
  CHECK(count(graph, "Sub") + count(graph, "Mul") == 0);
  CHECK(count(graph, "Add") == 1);
  Graph again = graph;
  simplify(again, KernelPolicy{});
  CHECK(dump(again) == dump(graph));
  // As images come and go channels-last, none is left where it computes.
  choose_layout(graph);
  verify(graph);
  CHECK(count(graph, "Transpose") == 0);
}

TEST_CASE("Transposes that would be no fewer stay as they are") {
  GraphBuilder b;
  // A block of ConvNeXt: what lies between cannot be permuted.
  const ValueId x = b.input("x", {1, 6, 4, 5});
  const ValueId y = transposed(b, x, to_last());
  const ValueId z = b.node("MatMul", {y, b.random({6, 6})});
  b.output(b.node("Add", {x, transposed(b, z, to_first())}));
  const Graph graph = simplified(b, {1, 6, 4, 5});
  CHECK(count(graph, "Transpose") == 2);
}

TEST_CASE(
    "A network's own transposes between channels-first and channels-last are none where convolutions stand") {
  GraphBuilder b;
  const ValueId x = conv(b, b.input("x", {1, 3, 4, 5}), 6, 3);
  const ValueId z = b.node("MatMul", {transposed(b, x, to_last()), b.random({6, 6})});
  b.output(conv(b, b.node("Add", {x, transposed(b, z, to_first())}), 2, 6));
  CHECK(count(with_layout(b, {1, 3, 4, 5}), "Transpose") == 2);
}

TEST_CASE("Outputs may be what a transpose of the file was to make") {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 4, 5, 3});
  const ValueId y = wrapped_conv(b, x, 6, 3);
  b.output(transposed(b, b.node("Relu", {y}), to_first()));
  b.output(y);
  b.output(transposed(b, transposed(b, x, to_first()), to_last()));
  simplified(b, {1, 4, 5, 3});
  with_layout(b, {1, 4, 5, 3});
}
