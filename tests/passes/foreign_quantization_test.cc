// What other tools make of weights: uint8, zero points, floats that are quantized in the file.
#include <catch2/catch_test_macros.hpp>

#include "passes/passes.h"
#include "support/qdq_graphs.h"

using namespace octavo;
using namespace octavo::test;

namespace {

// x of u8 steps · w → u8 steps; the steps are such that every product is exact.
Graph product(ValueId (*weights)(GraphBuilder&)) {
  GraphBuilder b;
  const ValueId x = fake_quantize(b, b.input("x", {1, 2}), 1, 10);
  b.output(fake_quantize(b, b.node("MatMul", {x, weights(b)}), 1, 100));
  return b.graph;
}

// Simplified twice, the second time without a change, and lowered.
LoweredModel lowered(Graph graph) {
  simplify(graph, KernelPolicy{});
  const std::string once = dump(graph);
  simplify(graph, KernelPolicy{});
  CHECK(dump(graph) == once);
  LoweredModel model{std::move(graph), {}};
  model.islands = lower(model.graph, KernelPolicy{});
  verify(model.graph);
  return model;
}

template <class T>
ValueId asymmetric(GraphBuilder& b, std::initializer_list<T> w, std::initializer_list<T> zero_points) {
  const auto columns = static_cast<int64_t>(zero_points.size());
  const Shape shape = columns == 1 ? Shape{} : Shape{columns};
  std::vector<float> scales(zero_points.size(), 1);
  return b.node("DequantizeLinear",
                {b.constant(Tensor::of<T>({2, 2}, w)),
                 b.constant(Tensor::of<float>(shape, std::span<const float>(scales))),
                 b.constant(Tensor::of<T>(shape, zero_points))},
                attrs({{"axis", int64_t{1}}}));
}

}  // namespace

TEST_CASE("Weights are int8 on integers, whatever 8 bits a file has them in") {
  struct Case {
    const char* what;
    ValueId (*weights)(GraphBuilder&);
    bool is_symmetric;  // afterwards
  };
  // All are the numbers [[2, -3], [-1, 4]].
  const Case cases[] = {
      {"uint8 around 128",
       [](GraphBuilder& b) { return asymmetric<uint8_t>(b, {130, 125, 127, 132}, {128}); }, true},
      {"uint8 around another number",
       [](GraphBuilder& b) { return asymmetric<uint8_t>(b, {5, 0, 2, 7}, {3}); }, true},
      {"by column", [](GraphBuilder& b) { return asymmetric<uint8_t>(b, {202, 0, 199, 7}, {200, 3}); }, true},
      {"int8 with a zero_point",
       [](GraphBuilder& b) { return asymmetric<int8_t>(b, {-98, -103, -101, -96}, {-100}); }, true},
      {"floats that are quantized",
       [](GraphBuilder& b) {
         return dequantize<int8_t>(b, quantize<int8_t>(b, b.constant({2, 2}, {2, -3, -1, 4}), 1, 0), 1, 0);
       },
       true},
  };
  for (const Case& c : cases) {
    INFO(c.what);
    const LoweredModel model = lowered(product(c.weights));
    INFO(dump(model.graph));
    CHECK(model.islands.empty());
    CHECK(count(model.graph, "octavo.QGemm") == 1);
    // 10·2 - 5·-1… = [20 - 5, -30 + 20]
    CHECK(model.run({10, 5}) == std::vector<Floats>{{15, -10}});
  }
}

TEST_CASE("Weights that fill more than int8 keep zero points, and are exact all the same") {
  // 200 - 3 and -3 - 200 are no int8.
  const LoweredModel model =
      lowered(product([](GraphBuilder& b) { return asymmetric<uint8_t>(b, {200, 0, 3, 1}, {3}); }));
  CHECK(model.islands.empty());
  CHECK(count(model.graph, "octavo.QGemm") == 1);
  // x is 1, -2: [197 + 0, -3 + 4] is [297 → 255, 101] in steps around 100.
  CHECK(model.run({1, -2}) == std::vector<Floats>{{155, 1}});
}

TEST_CASE("What an operator takes as an activation keeps its zero_point") {
  GraphBuilder b;
  const ValueId c = dequantize<uint8_t>(b, b.constant(Tensor::of<uint8_t>({2}, {130, 1})), 1, 128);
  b.output(fake_quantize(b, b.node("Add", {fake_quantize(b, b.input("x", {1, 2}), 1, 200), c}), 1, 200));
  const LoweredModel model = lowered(b.graph);
  CHECK(model.islands.empty());
  CHECK(model.run({10, 100}) == std::vector<Floats>{{12, -72}});
}

TEST_CASE("A constant of int8 that is an activation becomes uint8") {
  GraphBuilder b;
  const ValueId c = dequantize<int8_t>(b, b.constant(Tensor::of<int8_t>({2}, {2, -127})), 1, 0);
  b.output(dequantize<int8_t>(
      b, quantize<int8_t>(b, b.node("Add", {fake_quantize(b, b.input("x", {1, 2}), 1, 200), c}), 1, 0), 1,
      0));
  const LoweredModel model = lowered(b.graph);
  CHECK(model.islands.empty());
  CHECK(model.run({10, 55}) == std::vector<Floats>{{12, -72}});
}

TEST_CASE("A value that is quantized for each of its readers is quantized once") {
  GraphBuilder b;
  const ValueId x = fake_quantize(b, b.input("x", {1, 2}), 1, 100);
  const ValueId y = b.node("MatMul", {x, weights(b, {2, 2}, {1, 0, 0, 1}, 1)});
  b.output(b.node("Relu", {fake_quantize(b, y, 1, 100)}));
  b.output(b.node("Sigmoid", {fake_quantize(b, y, 1, 100)}));
  b.output(b.node("Tanh", {fake_quantize(b, y, 1, 101)}));
  Graph graph = b.graph;
  infer_shapes(graph);
  CHECK(merge_quantize(graph) == 1);
  CHECK(count(graph, "QuantizeLinear") == 3);
  verify(graph);
}

TEST_CASE("Parts of what is quantized are parts of integers") {
  GraphBuilder b;
  const ValueId x = dequantize<int8_t>(b, quantize<int8_t>(b, b.input("x", {1, 4}), 1, 0), 1, 0);
  const ValueId first = b.node("Split", {x}, attrs({{"axis", int64_t{1}}, {"num_outputs", int64_t{2}}}));
  const ValueId second = b.graph.add_value({{}, "second"});
  b.graph.nodes.back().outputs.push_back(second);
  for (ValueId part : {first, second}) b.output(dequantize<int8_t>(b, quantize<int8_t>(b, part, 1, 0), 1, 0));
  const LoweredModel model = lowered(b.graph);
  INFO(dump(model.graph));
  CHECK(model.islands.empty());
  CHECK(count(model.graph, "QuantizeLinear") == 1);
  CHECK(model.run({1, 200, -3, 4}) == std::vector<Floats>{{1, 127}, {-3, 4}});
}

TEST_CASE("A normalization that no convolution takes is one tap a channel, with a clamp") {
  for (const bool clamps : {false, true}) {
    GraphBuilder b;
    const ValueId x = fake_quantize(b, b.input("x", {1, 3, 1, 2}), 0.5f, 128);
    // y = [2x + 1, -x / 2, 0x - 3]
    ValueId y = b.node("BatchNormalization",
                       {x, b.constant({3}, {2, -0.5f, 0}), b.constant({3}, {1, 0, -3}),
                        b.constant({3}, {0, 0, 0}), b.constant({3}, {1, 1, 1})},
                       attrs({{"epsilon", 0.0f}}));
    if (clamps) y = b.node("Relu", {y});
    b.output(fake_quantize(b, y, 0.5f, 128));
    const LoweredModel model = lowered(b.graph);
    INFO(dump(model.graph));
    CHECK(model.islands.empty());
    CHECK(count(model.graph, "octavo.QConv") == 1);
    const Floats expected = clamps ? Floats{5, 0, 0, 1.5f, 0, 0} : Floats{5, -1, -2, 1.5f, -3, -3};
    CHECK(model.run({2, -1, 4, -3, 10, 20}) == std::vector<Floats>{expected});
  }
}

TEST_CASE("What is left of a normalization behind quantized weights goes into their scales") {
  GraphBuilder b;
  const ValueId x = fake_quantize(b, b.input("x", {1, 1, 1, 2}), 1, 100);
  const ValueId w = dequantize<int8_t>(b, quantize<int8_t>(b, b.constant({2, 1, 1, 1}, {2, -3}), 1, 0), 1, 0);
  const ValueId scaled = b.node("Div", {b.node("Conv", {x, w}), b.constant({1, 2, 1, 1}, {0.5f, 2})});
  const ValueId y = b.node("Add", {scaled, b.constant({1, 2, 1, 1}, {10, -1})});
  b.output(fake_quantize(b, y, 0.5f, 128));
  const LoweredModel model = lowered(b.graph);
  INFO(dump(model.graph));
  CHECK(model.islands.empty());
  CHECK(count(model.graph, "octavo.QConv") == 1);
  // 4x + 10 and -1.5x - 1
  CHECK(model.run({3, -2}) == std::vector<Floats>{{22, 2, -5.5f, 2}});
}

TEST_CASE("A factor that is no scale of quantized weights stays") {
  for (const float factor : {-1.f, 0.f, 1e-30f}) {
    GraphBuilder b;
    const ValueId x = fake_quantize(b, b.input("x", {1, 1, 1, 2}), 1, 100);
    const ValueId w = dequantize<int8_t>(b, b.constant(Tensor::of<int8_t>({1, 1, 1, 1}, {2})), 1e-20f, 0);
    b.output(b.node("Mul", {b.node("Conv", {x, w}), b.constant({}, {factor})}));
    infer_shapes(b.graph);
    CHECK(fold_affine_into_conv(b.graph) == 0);
  }
}
