#include "passes/shift_to_unsigned.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <limits>

#include "support/qdq_graphs.h"

using namespace octavo;
using namespace octavo::test;
using Catch::Matchers::ContainsSubstring;

// A network is deeper than a WebAssembly stack is tall.
TEST_CASE("int8 behind thousands of operators that move it becomes uint8") {
  GraphBuilder b;
  ValueId q = quantize<int8_t>(b, b.input("x", {1, 3}), 0.5f, -3);
  for (int i = 0; i < 20'000; ++i) q = b.node("Flatten", {q});
  b.output(dequantize<int8_t>(b, q, 0.5f, -3));
  LoweredModel model{b.graph, {}};
  infer_shapes(model.graph);
  CHECK(shift_to_unsigned(model.graph) == 1);
  CHECK(model.run({-100, -1, 3}) == std::vector<Floats>{{-62.5f, -1, 3}});
}

TEST_CASE("int8 that somebody else reads, or that leaves the graph, stays as it is") {
  for (bool is_output : {false, true}) {
    GraphBuilder b;
    const ValueId q = quantize<int8_t>(b, b.input("x", {1, 3}), 0.5f, -3);
    b.output(dequantize<int8_t>(b, b.node("Flatten", {q}), 0.5f, -3));
    if (is_output)
      b.output(q);
    else
      b.output(b.node("Cast", {q}, attrs({{"to", int64_t{1}}})));
    Graph graph = b.graph;
    infer_shapes(graph);
    CHECK(shift_to_unsigned(graph) == 0);
    CHECK(graph[q].dtype == DType::s8);
  }
}

TEST_CASE("Integers beyond int8 are an error where no shape was known to check them before") {
  GraphBuilder b;
  const ValueId q = quantize<int8_t>(b, b.input("x", {1, 3}), 0.5f, -3);
  b.output(dequantize<int8_t>(b, q, 0.5f, -3));
  Graph graph = b.graph;
  infer_shapes(graph);
  graph.nodes[0].notes.qmax = std::numeric_limits<int64_t>::max();
  CHECK_THROWS_WITH(shift_to_unsigned(graph), ContainsSubstring("QuantizeLinear"));
}
