#include "graph/qdq.h"

#include <catch2/catch_test_macros.hpp>

#include "support/graph_builder.h"
#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

namespace {

// QuantizeLinear of x [2, 3] with the given scale and zero_point (kNoValue: absent).
const Node& quantize(GraphBuilder& b, ValueId scale, ValueId zero_point, Attrs attributes = {},
                     QuantizationNotes notes = {}) {
  std::vector<ValueId> inputs = {b.input("x", {2, 3}), scale};
  if (zero_point != kNoValue) inputs.push_back(zero_point);
  const ValueId q = b.node("QuantizeLinear", inputs, std::move(attributes));
  b.graph[q].dtype = DType::u8;
  b.graph.nodes.back().notes = notes;
  return b.graph.nodes.back();
}

}  // namespace

TEST_CASE("qparams of a Q node per tensor: scalars or vectors of one, in the range of the type") {
  for (const Shape& shape : {Shape{}, Shape{1}}) {
    GraphBuilder b;
    const Node& node =
        quantize(b, b.constant(shape, {0.5f}), b.constant(Tensor::of<int8_t>({}, {int8_t{-3}})));
    CHECK(read_qparams(b.graph, node) ==
          QParams{.scale = {0.5f}, .zero_point = {-3}, .axis = -1, .qmin = -128, .qmax = 127});
  }
}

TEST_CASE("qparams per channel have a non-negative axis, 1 unless the node says") {
  for (const auto& [attribute, axis] : {std::pair{-2, 0}, {-1, 1}, {0, 0}, {1, 1}}) {
    GraphBuilder b;
    const int64_t channels = axis == 0 ? 2 : 3;
    const ValueId scale = b.constant(iota<float>({channels}, 1));
    const ValueId zero_point = b.constant(iota<uint8_t>({channels}));
    const auto qparams =
        read_qparams(b.graph, quantize(b, scale, zero_point, attrs({{"axis", int64_t{attribute}}})));
    REQUIRE(qparams);
    CHECK(qparams->axis == axis);
    CHECK(qparams->scale.size() == static_cast<std::size_t>(channels));
    CHECK(qparams->zero_point[1] == 1);
  }
}

TEST_CASE("an absent zero_point is 0 in the type of the integers") {
  GraphBuilder b;
  CHECK(read_qparams(b.graph, quantize(b, b.constant({}, {2}), kNoValue)) ==
        QParams{.scale = {2}, .zero_point = {0}});
}

TEST_CASE("a narrower range comes from the notes and must fit the type") {
  GraphBuilder b;
  const ValueId scale = b.constant({}, {1}), zero_point = b.constant(Tensor::scalar<uint8_t>(0));
  const Node& u7 = quantize(b, scale, zero_point, {}, {.qmax = 127});
  CHECK(read_qparams(b.graph, u7)->qmax == 127);
  for (int64_t qmax : {256, 0, -1}) {
    GraphBuilder bad;
    const ValueId s = bad.constant({}, {1}), z = bad.constant(Tensor::scalar<uint8_t>(0));
    const Node& node = quantize(bad, s, z, {}, {.qmax = qmax});
    CHECK(error_of([&] { read_qparams(bad.graph, node); }).starts_with("InvalidGraph"));
  }
}

TEST_CASE("what cannot be read as constants has no qparams") {
  GraphBuilder computed;
  CHECK_FALSE(read_qparams(computed.graph, quantize(computed, computed.input("scale", {}), kNoValue)));
  GraphBuilder mismatched;
  const ValueId scale = mismatched.constant({3}, {1, 2, 3});
  const ValueId zero_point = mismatched.constant(Tensor::scalar<uint8_t>(0));
  CHECK_FALSE(read_qparams(mismatched.graph, quantize(mismatched, scale, zero_point)));
  GraphBuilder unknown;
  const Node& node = quantize(unknown, unknown.constant({2, 2}, {1, 2, 3, 4}), kNoValue);
  unknown.graph[node.inputs[0]].shape.reset();
  CHECK_FALSE(read_qparams(unknown.graph, node));
}

TEST_CASE("blocked qparams have one scale for each block of the axis and index of the others") {
  for (const int64_t block_size : {0, 2}) {  // 0: as few as cover the axis
    GraphBuilder b;
    const ValueId scale = b.constant({2, 2}, {1, 2, 3, 4});
    const auto qparams =
        read_qparams(b.graph, quantize(b, scale, kNoValue, attrs({{"block_size", block_size}})));
    REQUIRE(qparams);
    CHECK(qparams->axis == 1);
    CHECK(qparams->block == 2);
    CHECK(qparams->scale == std::vector<float>{1, 2, 3, 4});
    CHECK(qparams->blocked());
  }
}

TEST_CASE("the three operators of quantization are told apart") {
  GraphBuilder b;
  const ValueId x = b.input("x", {2, 3});
  auto [dynamic, dequantize] = make_dynamic_pair(b.graph, x, Granularity::row, 127);
  const QParamConstants constants = add_qparams(b.graph, "x", {.scale = {1}, .zero_point = {3}}, DType::u8);
  const Node quantize = make_quantize(b.graph, "x", x, constants);
  CHECK((is_dynamic_quantize(dynamic) && is_dequantize(dequantize) && is_quantize(quantize)));
  CHECK((is_qdq(dynamic) && is_qdq(dequantize) && is_qdq(quantize)));
  CHECK_FALSE((is_quantize(dynamic) || is_dequantize(quantize) || is_dynamic_quantize(dequantize)));
  CHECK(dynamic.notes == QuantizationNotes{.qmax = 127, .granularity = Granularity::row});
  CHECK(b.graph[dynamic.outputs[1]].shape == Shape{2, 1});
  CHECK(dequantize.inputs == dynamic.outputs);
  CHECK(quantize.notes.empty());
}
