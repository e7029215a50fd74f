// Products with weights of 4 bits become operators that unpack them as they go.
#include <catch2/catch_test_macros.hpp>

#include "graph/qdq.h"
#include "support/qdq_graphs.h"

using namespace octavo;
using namespace octavo::test;

namespace {

// DQ of integers of 4 bits [k, n] or, transposed, [n, k], in blocks of k.
ValueId blocked_weights(GraphBuilder& b, int64_t k, int64_t n, int64_t block, bool transposed,
                        int8_t most = 7) {
  const Shape shape = transposed ? Shape{n, k} : Shape{k, n};
  const int axis = transposed ? 1 : 0;
  Shape scales = shape;
  scales[axis] = (k + block - 1) / block;
  Tensor w(DType::s8, shape), scale(DType::f32, scales);
  const Tensor random = b.random_tensor(shape, 5);
  for (std::size_t i = 0; i < w.span<int8_t>().size(); ++i)
    w.span<int8_t>()[i] = static_cast<int8_t>(std::clamp(random.span<float>()[i], -8.f, 7.f));
  w.span<int8_t>()[0] = most;
  for (std::size_t i = 0; i < scale.span<float>().size(); ++i)
    scale.span<float>()[i] = 0.01f + 0.001f * static_cast<float>(i % 7);
  return b.node("DequantizeLinear", {b.constant(std::move(w)), b.constant(std::move(scale))},
                attrs({{"axis", int64_t{axis}}, {"block_size", block}}));
}

// x as DynamicQuantizeLinear makes it.
ValueId ranged(GraphBuilder& b, ValueId x, Granularity granularity) {
  DynamicPair pair = make_dynamic_pair(b.graph, x, granularity, 255);
  const ValueId made = pair.dequantize.outputs[0];
  b.graph.nodes.push_back(std::move(pair.quantize));
  b.graph.nodes.push_back(std::move(pair.dequantize));
  return made;
}

// Lowers the graph and checks that its output is that of its float form.
Graph lowered(GraphBuilder& b, const Shape& input) {
  infer_shapes(b.graph);
  std::vector<Tensor> feeds;
  feeds.push_back(b.random_tensor(input));
  const std::vector<Tensor> expected = interpret(b.graph, feeds);
  Graph graph = b.graph;
  const auto islands = lower(graph, KernelPolicy{});
  verify(graph);
  INFO(dump(graph));
  const std::vector<Tensor> actual = interpret(graph, feeds);
  CHECK(largest_difference(expected[0].view(), actual[0].view()) <= 1e-5f);
  for (const FloatIsland& island : islands) CHECK((island.op == "Relu" || count(graph, island.op) == 1));
  return graph;
}

}  // namespace

TEST_CASE("DynamicQuantizeLinear → DQ → MatMul with blocks of 4 bits becomes one operator") {
  for (const Granularity granularity : {Granularity::row, Granularity::tensor}) {
    GraphBuilder b;
    const ValueId x = ranged(b, b.input("x", {3, 70}), granularity);
    b.output(b.node("Relu", {b.node("MatMul", {x, blocked_weights(b, 70, 20, 32, false)})}));
    const Graph graph = lowered(b, {3, 70});
    CHECK(count(graph, "octavo.DynamicInt4Gemm") == 1);
    CHECK(graph.nodes.size() == 1);
    CHECK(graph.nodes[0].notes.granularity == granularity);
  }
}

TEST_CASE("Gemm of floats with blocks of 4 bits keeps them packed") {
  GraphBuilder b;
  const ValueId x = b.input("x", {3, 64});
  b.output(b.node("Gemm", {x, blocked_weights(b, 64, 20, 16, true), b.random({20})},
                  attrs({{"transB", int64_t{1}}})));
  const Graph graph = lowered(b, {3, 64});
  CHECK(count(graph, "octavo.Int4Gemm") == 1);
  CHECK(graph.nodes.size() == 1);
}

TEST_CASE("Blocks that no kernel has, and those of more than 4 bits, stay float") {
  for (const auto& [block, most] : {std::pair(8, 7), {32, 8}}) {
    GraphBuilder b;
    b.output(b.node("MatMul", {b.input("x", {3, 64}),
                               blocked_weights(b, 64, 20, block, false, static_cast<int8_t>(most))}));
    CHECK(count(lowered(b, {3, 64}), "MatMul") == 1);
  }
}
