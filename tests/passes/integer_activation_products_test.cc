#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "graph/qdq.h"
#include "support/qdq_graphs.h"

using namespace octavo;
using namespace octavo::test;

namespace {

// x as DynamicQuantizeLinear sees it.
ValueId dynamically(GraphBuilder& b, ValueId x) {
  DynamicPair pair = make_dynamic_pair(b.graph, x, Granularity::tensor, 255);
  const ValueId y = pair.dequantize.outputs[0];
  b.graph.nodes.push_back(std::move(pair.quantize));
  b.graph.nodes.push_back(std::move(pair.dequantize));
  return y;
}

Graph lowered(GraphBuilder& b, const Shape& x, const Shape& w) {
  infer_shapes(b.graph);
  std::vector<Tensor> feeds;
  feeds.push_back(b.random_tensor(x));
  feeds.push_back(b.random_tensor(w));
  return rewritten(b, std::move(feeds), 1e-5f, [](Graph& graph) { lower(graph, {}); });
}

}  // namespace

TEST_CASE("A product of two activations is one of integers, heads and broadcast batches among them") {
  const auto [x, w] = GENERATE(
      std::pair<Shape, Shape>{{2, 3, 7, 9}, {2, 3, 9, 5}}, std::pair<Shape, Shape>{{3, 7, 9}, {1, 9, 5}},
      std::pair<Shape, Shape>{{1, 7, 9}, {4, 9, 17}}, std::pair<Shape, Shape>{{6, 9}, {9, 1}});
  CAPTURE(x, w);
  GraphBuilder b;
  b.output(b.node("MatMul", {fake_quantize(b, b.input("x", x), 0.02f, 117),
                             fake_quantize(b, b.input("w", w), 0.03f, 140)}));
  const Graph graph = lowered(b, x, w);
  CHECK(count(graph, "octavo.QMatMul") == 1);
  CHECK(count(graph, "DequantizeLinear") == 0);
}

TEST_CASE("Both of a product's operands may be ranged as it runs, or be int8") {
  GraphBuilder b;
  const ValueId x = b.input("x", {4, 6}), w = b.input("w", {6, 3});
  const bool is_dynamic = GENERATE(false, true);
  if (is_dynamic)
    b.output(b.node("MatMul", {dynamically(b, x), dynamically(b, w)}));
  else
    b.output(
        b.node("MatMul", {fake_quantize<int8_t>(b, x, 0.02f, -3), fake_quantize<int8_t>(b, w, 0.03f, 5)}));
  CHECK(count(lowered(b, {4, 6}, {6, 3}), "octavo.QMatMul") == 1);
}

TEST_CASE("A product of activations stays float where its integers are not those of one scale each") {
  GraphBuilder b;
  const ValueId x = b.input("x", {4, 6}), w = b.input("w", {6, 3});
  const int kind = GENERATE(0, 1, 2);
  CAPTURE(kind);
  ValueId a = fake_quantize(b, x, 0.02f, 117), c = fake_quantize(b, w, 0.03f, 140);
  if (kind == 0) a = x;
  if (kind == 1) c = fake_quantize(b, w, 0.0f, 140);
  if (kind == 2) {
    const ValueId s = b.constant({3}, {0.1f, 0.2f, 0.3f}),
                  z = b.constant(Tensor::of<uint8_t>({3}, {1, 2, 3}));
    const Attrs axis = attrs({{"axis", int64_t{1}}});
    c = b.node("DequantizeLinear", {b.node("QuantizeLinear", {w, s, z}, axis), s, z}, axis);
  }
  b.output(b.node("MatMul", {a, c}));
  infer_shapes(b.graph);
  Graph graph = b.graph;
  lower(graph, {});
  CHECK(count(graph, "octavo.QMatMul") == 0);
}
