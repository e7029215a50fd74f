// Weights of unsigned integers of 4 bits become signed ones of 4 bits.
#include <catch2/catch_test_macros.hpp>

#include "graph/qdq.h"
#include "passes/passes.h"
#include "support/graph_builder.h"

using namespace octavo;
using namespace octavo::test;

namespace {

// x [2, 4] · DQ(w [4, 2]) with that scale, zero_point and block.
Graph product(Tensor w, Tensor scale, Tensor zero_point, Attrs attributes, QuantizationNotes notes) {
  GraphBuilder b;
  const ValueId x = b.input("x", {2, 4});
  const ValueId weights =
      b.node("DequantizeLinear",
             {b.constant(std::move(w)), b.constant(std::move(scale)), b.constant(std::move(zero_point))},
             std::move(attributes));
  b.graph.nodes.back().notes = notes;
  b.output(b.node("MatMul", {x, weights}));
  infer_shapes(b.graph);
  return b.graph;
}

constexpr QuantizationNotes kUint4{.qmin = 0, .qmax = 15}, kInt4{.qmin = -8, .qmax = 7};

}  // namespace

TEST_CASE("uint4 becomes int4, by channel and in blocks") {
  for (const bool is_blocked : {false, true}) {
    const Shape of = is_blocked ? Shape{2, 2} : Shape{2};
    const std::vector<float> scale(static_cast<std::size_t>(of.elements()), 0.5f);
    const std::vector<uint8_t> zero_point(scale.size(), 15);
    Graph graph = product(Tensor::of<uint8_t>({4, 2}, {0, 15, 8, 7, 1, 2, 3, 4}),
                          Tensor::of<float>(of, scale), Tensor::of<uint8_t>(of, zero_point),
                          is_blocked ? attrs({{"axis", int64_t{0}}, {"block_size", int64_t{2}}})
                                     : attrs({{"axis", int64_t{1}}}),
                          kUint4);
    CHECK(recentre_weights(graph) == 1);
    const Node& dequantize = graph.nodes[0];
    CHECK(dequantize.notes == kInt4);
    const auto integers = graph.constant_input(dequantize, 0)->span<int8_t>();
    CHECK(std::vector(integers.begin(), integers.end()) == std::vector<int8_t>{-8, 7, 0, -1, -7, -6, -5, -4});
    for (const int8_t z : graph.constant_input(dequantize, 2)->span<int8_t>()) CHECK(z == 7);
    CHECK(recentre_weights(graph) == 0);
  }
}

TEST_CASE("int4 with zero points stays int4") {
  Graph graph = product(Tensor::of<int8_t>({4, 2}, {0, 7, -8, 7, 1, 2, 3, 4}), Tensor::of<float>({2}, {1, 2}),
                        Tensor::of<int8_t>({2}, {-3, 4}), attrs({{"axis", int64_t{1}}}), kInt4);
  CHECK(recentre_weights(graph) == 0);
}

TEST_CASE("notes of 4 bits do not make integers of 8 wrong") {
  Graph graph =
      product(Tensor::of<uint8_t>({4, 2}, {0, 255, 8, 7, 1, 2, 3, 4}), Tensor::of<float>({2}, {1, 2}),
              Tensor::of<uint8_t>({2}, {15, 0}), attrs({{"axis", int64_t{1}}}), kUint4);
  const std::string before = dump(graph);
  CHECK(recentre_weights(graph) == 0);
  CHECK(dump(graph) == before);
}
