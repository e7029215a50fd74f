// Integers mean what their reader says: one tensor behind several DequantizeLinear nodes that differ.
#include <catch2/catch_test_macros.hpp>

#include "support/qdq_graphs.h"

using namespace octavo;
using namespace octavo::test;

namespace {

// The 1 × 1 convolution by one int8 weight.
ValueId convolve(GraphBuilder& b, ValueId x, ValueId weight, float scale) {
  return b.node("Conv", {x, dequantize<int8_t>(b, weight, scale, 0)});
}

ValueId weight(GraphBuilder& b, int8_t value) {
  return b.constant(Tensor::of<int8_t>({1, 1, 1, 1}, {value}));
}

const Node& only_node(const Graph& graph, std::string_view op) {
  INFO(dump(graph));
  REQUIRE(count(graph, op) == 1);
  return *std::ranges::find(graph.nodes, op, [](const Node& node) { return node.op->name; });
}

}  // namespace

TEST_CASE("One quantized activation with two meanings") {
  GraphBuilder b;
  const ValueId q = quantize<uint8_t>(b, b.input("x", {1, 1, 1, 2}), 0.5f, 0);
  for (float scale : {0.5f, 0.25f})
    b.output(fake_quantize(b, convolve(b, dequantize<uint8_t>(b, q, scale, 0), weight(b, 1), 1), scale, 0));
  const LoweredModel model = lowered(b);
  CHECK(model.run({1, 2}) == std::vector<Floats>{{1, 2}, {0.5f, 1}});
  CHECK(count(model.graph, "octavo.QConv") == 2);
}

TEST_CASE("One int8 activation with two zero points, shifted to uint8") {
  GraphBuilder b;
  const ValueId q = quantize<int8_t>(b, b.input("x", {1, 1, 1, 2}), 0.5f, -100);
  for (int8_t zero_point : {int8_t{-100}, int8_t{-99}}) {
    const ValueId y = convolve(b, dequantize<int8_t>(b, q, 0.5f, zero_point), weight(b, 1), 1);
    b.output(dequantize<int8_t>(b, quantize<int8_t>(b, y, 0.5f, 0), 0.5f, 0));
  }
  const LoweredModel model = lowered(b);
  CHECK(model.run({1, 2}) == std::vector<Floats>{{1, 2}, {0.5f, 1.5f}});
  CHECK(count(model.graph, "octavo.QConv") == 2);
}

TEST_CASE("A DequantizeLinear that differs from the QuantizeLinear before it") {
  GraphBuilder b;
  ValueId x = fake_quantize(b, b.input("x", {1, 1, 1, 2}), 0.5f, 0);
  x = dequantize<uint8_t>(b, quantize<uint8_t>(b, convolve(b, x, weight(b, 1), 1), 0.5f, 0), 0.25f, 0);
  b.output(fake_quantize(b, convolve(b, x, weight(b, 1), 1), 0.25f, 0));
  CHECK(lowered(b).run({1, 2}) == std::vector<Floats>{{0.5f, 1}});
}

TEST_CASE("Weights shared by convolutions of different scales stay one constant") {
  GraphBuilder b;
  const ValueId x = fake_quantize(b, b.input("x", {1, 1, 1, 2}), 0.5f, 0), w = weight(b, 2);
  for (float scale : {1.0f, 0.25f}) b.output(fake_quantize(b, convolve(b, x, w, scale), 0.25f, 0));
  const LoweredModel model = lowered(b);
  CHECK(model.run({1, 2}) == std::vector<Floats>{{2, 4}, {0.5f, 1}});
  std::vector<ValueId> weights;
  for (const Node& node : model.graph.nodes)
    if (node.op->name == "octavo.QConv") weights.push_back(node.inputs[1]);
  REQUIRE(weights.size() == 2);
  CHECK(weights[0] == weights[1]);
}

TEST_CASE("Weights shared by products along different axes") {
  GraphBuilder b;
  const ValueId w = b.constant(Tensor::of<int8_t>({2, 2}, {1, 2, 3, 4}));
  const auto by_channel = [&](std::initializer_list<float> scales, int64_t axis) {
    return b.node("DequantizeLinear",
                  {w, b.constant({2}, scales), b.constant(Tensor::of<int8_t>({2}, {0, 0}))},
                  attrs({{"axis", axis}}));
  };
  ValueId x = fake_quantize(b, b.input("x", {1, 2}), 0.5f, 0);
  x = b.node("MatMul", {x, by_channel({1, 0.5f}, 1)});  // [1·1 + 2·3, (1·2 + 2·4) / 2] = [7, 5]
  x = fake_quantize(b, x, 0.25f, 0);
  x = b.node("Gemm", {x, by_channel({0.5f, 0.25f}, 0)}, attrs({{"transB", int64_t{1}}}));
  b.output(fake_quantize(b, x, 0.25f, 0));
  const LoweredModel model = lowered(b);
  // [(7·1 + 5·2) / 2, (7·3 + 5·4) / 4]
  CHECK(model.run({1, 2}) == std::vector<Floats>{{8.5f, 10.25f}});
  CHECK(count(model.graph, "octavo.QGemm") == 2);
}

TEST_CASE("A tensor added to itself under another scale") {
  GraphBuilder b;
  const ValueId q = quantize<uint8_t>(b, b.input("x", {2}), 0.5f, 10);
  const ValueId sum =
      b.node("Add", {dequantize<uint8_t>(b, q, 0.5f, 10), dequantize<uint8_t>(b, q, 0.25f, 8)});
  b.output(fake_quantize(b, sum, 0.25f, 0));
  const LoweredModel model = lowered(b);
  // q = [12, 14]: [1, 2] + [1, 1.5]
  CHECK(model.run({1, 2}) == std::vector<Floats>{{2, 3.5f}});
  CHECK(count(model.graph, "octavo.QAdd") == 1);
}

TEST_CASE("A moved tensor counts with the meaning of its reader") {
  GraphBuilder b;
  const ValueId q = quantize<uint8_t>(b, b.input("x", {1, 2}), 0.5f, 0);
  for (float scale : {0.5f, 2.0f})
    b.output(fake_quantize(b, b.node("Flatten", {dequantize<uint8_t>(b, q, scale, 0)}), 0.5f, 0));
  CHECK(lowered(b).run({1, 2}) == std::vector<Floats>{{1, 2}, {4, 8}});
}

// The kernels for 0..127 add pairs in 16 bits, where 2 · 255 · 127 does not fit.
TEST_CASE("A DequantizeLinear that claims 7 bits of 8 is not believed") {
  GraphBuilder b;
  const ValueId q = quantize<uint8_t>(b, b.input("x", {1, 4}), 1, 0);
  const ValueId x = dequantize<uint8_t>(b, q, 1, 0, {.qmax = 127});
  const ValueId y = b.node("MatMul", {x, weights(b, {4, 1}, {127, 127, 127, 127}, 1)});
  b.output(fake_quantize(b, y, 1024, 0));
  const LoweredModel model = lowered(b);
  CHECK(model.run({255, 255, 255, 255}) ==
        std::vector<Floats>{{127 * 1024}});  // 4 · 255 · 127 = 126.5 · 1024
  CHECK(only_node(model.graph, "octavo.QGemm").lowered.input_qparams[0].qmax == 255);
}

TEST_CASE("Seven bits stay seven bits behind operators that move them") {
  GraphBuilder b;
  const ValueId q = b.node("Flatten", {quantize<uint8_t>(b, b.input("x", {1, 2}), 1, 0, {.qmax = 127})});
  const ValueId y = b.node("MatMul", {dequantize<uint8_t>(b, q, 1, 0), weights(b, {2, 1}, {1, 1}, 1)});
  b.output(fake_quantize(b, y, 1, 0));
  const LoweredModel model = lowered(b);
  CHECK(model.run({200, 3}) == std::vector<Floats>{{130}});
  CHECK(only_node(model.graph, "octavo.QGemm").lowered.input_qparams[0].qmax == 127);
}

TEST_CASE("DynamicQuantizeLinear whose integers a DequantizeLinear takes for something else") {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 1, 2, 2});
  Node quantize{.op = &get_op("DynamicQuantizeLinear"), .name = "quantize", .inputs = {x}};
  for (const char* name : {"q", "scale", "zero_point"})
    quantize.outputs.push_back(b.graph.add_value({.name = name}));
  const std::vector<ValueId> parts = quantize.outputs;
  b.graph.nodes.push_back(std::move(quantize));
  b.output(convolve(b, b.node("DequantizeLinear", parts), weight(b, 1), 1));
  b.output(convolve(b, dequantize<uint8_t>(b, parts[0], 2, 1), weight(b, 1), 1));
  // The scale of 0..255 is 1: q = x.
  CHECK(lowered(b).run({0, 10, 20, 255}) == std::vector<Floats>{{0, 10, 20, 255}, {-2, 18, 38, 508}});
}
