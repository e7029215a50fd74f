// Lowering of nodes whose bias is out of the ordinary.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "kernels/epilogue.h"
#include "support/qdq_graphs.h"

using namespace octavo;
using namespace octavo::test;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("A convolution whose bias has a zero point") {
  GraphBuilder b;
  const ValueId x = fake_quantize(b, b.input("x", {1, 1, 1, 2}), 0.5f, 0);
  const ValueId bias = dequantize<int32_t>(b, b.constant(Tensor::of<int32_t>({1}, {0})), 0.5f, 100);
  b.output(fake_quantize(b, b.node("Conv", {x, weights(b, {1, 1, 1, 1}, {1}, 1), bias}), 0.5f, 128));
  const LoweredModel model = lowered(b);
  CHECK(model.run({1, 2}) == std::vector<Floats>{{-49, -48}});
  CHECK(count(model.graph, "octavo.QConv") == 1);
}

TEST_CASE("A bias of a foreign file that leaves the products no room stays float, and the node with it") {
  for (int32_t beyond : {0, 1}) {
    GraphBuilder b;
    const ValueId x = fake_quantize(b, b.input("x", {1, 2}), 1, 0);
    const ValueId bias =
        dequantize<int32_t>(b, b.constant(Tensor::of<int32_t>({1}, {kernels::max_bias(2) + beyond})), 1, 0);
    const ValueId y = b.node("Gemm", {x, weights(b, {2, 1}, {1, 1}, 1), bias});
    b.output(fake_quantize(b, y, 0x1p24f, 0));
    const LoweredModel model = lowered(b);
    CHECK(model.run({0, 0}) == std::vector<Floats>{{0x1p31f}});
    CHECK(count(model.graph, "octavo.QGemm") == (beyond ? 0 : 1));
    CHECK_THAT(model.reason("Gemm"), ContainsSubstring(beyond ? "bias is too large" : ""));
  }
}

TEST_CASE("A bias of a byte, or one that is computed, stays float with its node") {
  for (bool computed : {false, true}) {
    GraphBuilder b;
    const ValueId input = b.input("x", {1, 2}), x = fake_quantize(b, input, 1, 0);
    const ValueId bias =
        computed ? input : dequantize<int8_t>(b, b.constant(Tensor::of<int8_t>({2}, {3, 4})), 1, 1);
    b.output(fake_quantize(b, b.node("Gemm", {x, weights(b, {2, 2}, {1, 0, 0, 1}, 1), bias}), 1, 0));
    const LoweredModel model = lowered(b);
    CHECK(model.run({1, 2}) == std::vector<Floats>{computed ? Floats{2, 4} : Floats{3, 5}});
    CHECK_THAT(model.reason("Gemm"), ContainsSubstring("bias"));
  }
}

TEST_CASE("Weights and bias are not looked at where the rank of the input is unknown") {
  GraphBuilder b;
  const ValueId x = b.graph.add_value({.name = "x"});
  b.graph.inputs.push_back(x);
  const ValueId w = weights(b, {3}, {1, 2, 3}, 1);  // no matrix
  const ValueId bias = dequantize<int32_t>(b, b.constant(Tensor::of<int32_t>({2}, {1, 2})), 1, 0);
  b.output(fake_quantize(b, b.node("Gemm", {fake_quantize(b, x, 1, 0), w, bias}), 1, 0));
  for (const Node& node : b.graph.nodes)
    if (node.op->name == "QuantizeLinear") b.graph[node.outputs[0]].dtype = DType::u8;
  const LoweredModel model = lowered(b);
  CHECK(count(model.graph, "Gemm") == 1);
  CHECK_THAT(model.reason("Gemm"), ContainsSubstring("rank"));
}
