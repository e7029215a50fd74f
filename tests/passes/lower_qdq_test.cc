// The lowered graph computes the integers that the QDQ graph says, run in float: the oracle of lowering.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "support/qdq_graphs.h"

using namespace octavo;
using namespace octavo::test;
using Catch::Matchers::ContainsSubstring;

namespace {

// DQ of random int8 weights with a scale for each index of `axis`.
ValueId quantized_weights(GraphBuilder& b, Shape shape, int axis) {
  Tensor weights(DType::s8, shape), zero_points(DType::s8, {shape[axis]}), scales(DType::f32, {shape[axis]});
  const Tensor random = b.random_tensor(shape, 50);
  for (std::size_t i = 0; i < weights.span<int8_t>().size(); ++i)
    weights.span<int8_t>()[i] = static_cast<int8_t>(std::clamp(random.span<float>()[i], -127.f, 127.f));
  for (int64_t i = 0; i < shape[axis]; ++i) {
    scales.span<float>()[i] = 0.01f + 0.001f * static_cast<float>(i);
    zero_points.span<int8_t>()[i] = 0;
  }
  return b.node(
      "DequantizeLinear",
      {b.constant(std::move(weights)), b.constant(std::move(scales)), b.constant(std::move(zero_points))},
      attrs({{"axis", int64_t{axis}}}));
}

// Lowers the graph, whose output is DQ of a tensor with scale `step`, and checks that no output is more than one step
// away from the float form's: float accumulation may round to the other side of a tie.
Graph lowered(GraphBuilder& b, const Shape& input, float step, std::vector<FloatIsland>* islands = nullptr) {
  infer_shapes(b.graph);
  std::vector<Tensor> feeds;
  feeds.push_back(b.random_tensor(input));
  const std::vector<Tensor> expected = interpret(b.graph, feeds);
  Graph graph = b.graph;
  auto found = lower(graph, KernelPolicy{});
  if (islands) *islands = std::move(found);
  verify(graph);
  INFO(dump(graph));
  const std::vector<Tensor> actual = interpret(graph, feeds);
  CHECK(largest_difference(expected[0].view(), actual[0].view()) <= step * 1.001f);
  return graph;
}

}  // namespace

TEST_CASE("DQ → Conv → Relu → Q becomes QConv with a clamp") {
  GraphBuilder b;
  const ValueId x = fake_quantize<uint8_t>(b, b.input("x", {1, 3, 6, 6}), 0.02f, 120);
  const ValueId y =
      b.node("Relu", {b.node("Conv", {x, quantized_weights(b, {5, 3, 3, 3}, 0), b.random({5})})});
  b.output(fake_quantize<uint8_t>(b, y, 0.05f, 0));
  std::vector<FloatIsland> islands;
  const Graph graph = lowered(b, {1, 3, 6, 6}, 0.05f, &islands);
  CHECK(count(graph, "octavo.QConv") == 1);
  CHECK(count(graph, "Relu") == 0);
  CHECK(islands.empty());
}

TEST_CASE("DQ → product → float becomes a product of integers with a float result, its bias and clamp") {
  GraphBuilder b;
  const ValueId x = fake_quantize<uint8_t>(b, b.input("x", {4, 8}), 0.02f, 120);
  const ValueId product = b.node("MatMul", {x, quantized_weights(b, {8, 5}, 1)});
  b.output(b.node("Relu", {b.node("Add", {product, b.random({5})})}));
  const Graph graph = lowered(b, {4, 8}, 1e-5f);
  CHECK(count(graph, "octavo.QGemmToFloat") == 1);
  CHECK(count(graph, "Relu") + count(graph, "Add") == 0);
}

TEST_CASE("int8 activations lower to the same integers, shifted") {
  GraphBuilder b;
  const ValueId x = fake_quantize<int8_t>(b, b.input("x", {4, 8}), 0.02f, -8);
  const ValueId y = b.node("MatMul", {x, quantized_weights(b, {8, 5}, 1)});
  b.output(fake_quantize<int8_t>(b, y, 0.1f, 3));
  const Graph graph = lowered(b, {4, 8}, 0.1f);
  CHECK(count(graph, "octavo.QGemm") == 1);
}

TEST_CASE("Residual blocks, tables and pooling stay integer from end to end") {
  GraphBuilder b;
  const ValueId x = fake_quantize<uint8_t>(b, b.input("x", {1, 4, 8, 8}), 0.03f, 128);
  ValueId y = b.node("Conv", {x, quantized_weights(b, {4, 4, 1, 1}, 0)});
  y = fake_quantize<uint8_t>(b, y, 0.06f, 128);
  y = fake_quantize<uint8_t>(b, b.node("HardSwish", {y}), 0.05f, 10);
  y = fake_quantize<uint8_t>(b, b.node("Add", {x, y}), 0.08f, 100);
  y = fake_quantize<uint8_t>(b, b.node("MaxPool", {y}, attrs({{"kernel_shape", std::vector<int64_t>{2, 2}}})),
                             0.08f, 100);
  y = fake_quantize<uint8_t>(b, b.node("GlobalAveragePool", {y}), 0.04f, 90);
  b.output(y);
  std::vector<FloatIsland> islands;
  const Graph graph = lowered(b, {1, 4, 8, 8}, 0.09f, &islands);
  CHECK(islands.empty());
  for (std::string_view op : {"octavo.QConv", "octavo.Lookup", "octavo.QAdd", "octavo.QGlobalAveragePool"})
    CHECK(count(graph, op) == 1);
}

TEST_CASE("What has no integer form stays a float island with a reason") {
  GraphBuilder b;
  const ValueId x = fake_quantize<uint8_t>(b, b.input("x", {4, 8}), 0.02f, 120);
  const ValueId y = b.node("Softmax", {b.node("MatMul", {x, quantized_weights(b, {8, 5}, 0)})});
  b.output(fake_quantize<uint8_t>(b, y, 1 / 255.f, 0));
  std::vector<FloatIsland> islands;
  const Graph graph = lowered(b, {4, 8}, 1 / 255.f, &islands);
  REQUIRE(islands.size() == 2);
  CHECK(count(graph, "Softmax") == 1);
  CHECK(count(graph, "MatMul") == 1);
  CHECK_THAT(islands[1].reason, ContainsSubstring("no integer form"));
}

TEST_CASE("A Clip whose bounds are computed stays float") {
  GraphBuilder b;
  const ValueId x = fake_quantize<uint8_t>(b, b.input("x", {4, 8}), 0.02f, 120);
  const ValueId mean = b.node("ReduceMean", {x}, attrs({{"keepdims", int64_t{0}}}));
  b.output(fake_quantize<uint8_t>(b, b.node("Clip", {x, mean}), 0.02f, 120));
  std::vector<FloatIsland> islands;
  const Graph graph = lowered(b, {4, 8}, 0.02f, &islands);
  CHECK(count(graph, "Clip") == 1);
  REQUIRE(islands.size() == 2);
  CHECK(islands[1].reason == "its bounds are not constant");
}

TEST_CASE("Weights that are quantized alone are expanded once") {
  GraphBuilder b;
  b.output(b.node("MatMul", {b.input("x", {4, 8}), quantized_weights(b, {8, 5}, 1)}));
  const Graph graph = lowered(b, {4, 8}, 1e-4f);
  CHECK(graph.nodes.size() == 1);
}

TEST_CASE("How activations are ranged is said by the notes of DynamicQuantizeLinear alone") {
  GraphBuilder b;
  Node quantize{.op = &get_op("DynamicQuantizeLinear"), .name = "quantize", .inputs = {b.input("x", {4, 6})}};
  quantize.notes.qmax = 127;
  for (const char* name : {"q", "scale", "zero_point"})
    quantize.outputs.push_back(b.graph.add_value({.name = name}));
  const std::vector<ValueId> parts = quantize.outputs;
  b.graph.nodes.push_back(std::move(quantize));
  const ValueId weights = quantized_weights(b, {6, 6}, 1);
  b.output(b.node("Gemm", {b.node("DequantizeLinear", parts), weights}));
  b.graph.nodes.back().notes.granularity = Granularity::row;
  const Graph graph = lowered(b, {4, 6}, 1e-5f);
  REQUIRE(count(graph, "octavo.DynamicQGemm") == 1);
  CHECK(std::ranges::find(graph.nodes, "octavo.DynamicQGemm", [](const Node& n) {
          return n.op->name;
        })->notes == QuantizationNotes{.qmax = 127});
}

TEST_CASE("DynamicQuantizeLinear → DQ → Conv becomes one operator behind the layout's transpose") {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 3, 6, 6});
  Node quantize{.op = &get_op("DynamicQuantizeLinear"), .name = "quantize", .inputs = {x}};
  for (const char* name : {"q", "scale", "zero_point"})
    quantize.outputs.push_back(b.graph.add_value({.name = name}));
  const std::vector<ValueId> parts = quantize.outputs;
  b.graph.nodes.push_back(std::move(quantize));
  const ValueId dq = b.node("DequantizeLinear", parts);
  b.output(b.node("Relu", {b.node("Conv", {dq, quantized_weights(b, {5, 3, 3, 3}, 0), b.random({5})})}));
  const Graph graph = lowered(b, {1, 3, 6, 6}, 1e-3f);
  CHECK(count(graph, "octavo.DynamicQConv") == 1);
  CHECK(count(graph, "DequantizeLinear") == 0);
  CHECK(count(graph, "Relu") == 0);
}
