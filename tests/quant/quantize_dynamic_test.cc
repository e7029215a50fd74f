#include "quant/plan_dynamic.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "base/error.h"
#include "graph/qdq.h"
#include "passes/passes.h"
#include "quant/compare.h"
#include "quant/insert_qdq.h"
#include "support/graph_builder.h"
#include "support/interpreter.h"
#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

namespace {

Graph quantize_dynamic(const Graph& graph, const DynamicOptions& options) {
  return insert_qdq(plan_dynamic(graph, options));
}

// x → Gemm → Relu → MatMul, and x → Conv → Flatten → Gemm.
GraphBuilder two_heads() {
  GraphBuilder b;
  const ValueId x = b.input("x", {3, 8});
  const ValueId hidden = b.node(
      "Relu", {b.node("Gemm", {x, b.random({16, 8}), b.random({16})}, attrs({{"transB", int64_t{1}}}))});
  b.output(b.node("MatMul", {hidden, b.random({16, 4})}));
  const ValueId image = b.input("image", {1, 2, 4, 4});
  const ValueId conv = b.node("Conv", {image, b.random({3, 2, 3, 3}), b.random({3})});
  b.output(b.node("Gemm", {b.node("Flatten", {conv}), b.random({12, 5})}));
  infer_shapes(b.graph);
  return b;
}

std::vector<Tensor> random_feeds(GraphBuilder& b) {
  std::vector<Tensor> feeds;
  for (ValueId id : b.graph.inputs) feeds.push_back(b.random_tensor(*b.graph[id].shape));
  return feeds;
}

std::vector<const Node*> nodes_of(const Graph& graph, std::string_view op) {
  std::vector<const Node*> nodes;
  for (const Node& node : graph.nodes)
    if (node.op->name == op) nodes.push_back(&node);
  return nodes;
}

}  // namespace

TEST_CASE("Gemm and MatMul are quantized by default and stay close to float, lowered or not") {
  GraphBuilder b = two_heads();
  const std::vector<Tensor> feeds = random_feeds(b);
  const auto expected = interpret(b.graph, feeds);
  for (Granularity granularity : {Granularity::row, Granularity::tensor}) {
    for (bool reduce_range : {false, true}) {
      DynamicOptions options;
      options.granularity = granularity;
      options.reduce_range = reduce_range;
      const Graph quantized = quantize_dynamic(b.graph, options);
      INFO(dump(quantized));
      verify(quantized);
      CHECK(count(quantized, "DynamicQuantizeLinear") == 3);
      CHECK(count(quantized, "DequantizeLinear") == 6);
      for (const Node* node : nodes_of(quantized, "DynamicQuantizeLinear")) {
        CHECK(node->notes.granularity == granularity);
        CHECK(node->notes.qmax.value_or(255) == (reduce_range ? 127 : 255));
      }
      Graph lowered = quantized;
      lower(lowered, KernelPolicy{});
      INFO(dump(lowered));
      CHECK(count(lowered, "DynamicQuantizeLinear") == 0);
      const auto actual = interpret(lowered, feeds);
      for (std::size_t i = 0; i < expected.size(); ++i)
        CHECK(compare_tensors(expected[i].span<float>(), actual[i].span<float>()).sqnr_db >
              (reduce_range ? 25 : 30));
    }
  }
}

TEST_CASE("the rows of a batch have ranges of their own, lowered or not") {
  GraphBuilder b;
  b.output(b.node("MatMul", {b.input("x", {2, 3, 8}), b.random({8, 5})}));
  infer_shapes(b.graph);
  std::vector<Tensor> feeds = random_feeds(b);
  const std::span<float> x = feeds[0].span<float>();
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] *= static_cast<float>(1 << (i / 8));  // each row twice the last
  const auto expected = interpret(b.graph, feeds);
  const Graph quantized = quantize_dynamic(b.graph, {});
  Graph lowered = quantized;
  lower(lowered, KernelPolicy{});
  for (const Graph& graph : {quantized, lowered}) {
    INFO(dump(graph));
    const auto actual = interpret(graph, feeds);
    for (std::size_t row = 0; row < 6; ++row)
      CHECK(compare_tensors(expected[0].span<float>().subspan(row * 5, 5),
                            actual[0].span<float>().subspan(row * 5, 5))
                .sqnr_db > 25);
  }
}

TEST_CASE("weights become int8 behind DequantizeLinear, per channel or per tensor") {
  GraphBuilder b;
  const ValueId w = b.constant({2, 3}, {1.27f, -1.9921875f, 0, 0.635f, 1.9921875f, 0});
  b.output(b.node("MatMul", {b.input("x", {1, 2}), w}));
  infer_shapes(b.graph);
  DynamicOptions options;
  const Graph per_channel = quantize_dynamic(b.graph, options);
  const Node* weights = nodes_of(per_channel, "DequantizeLinear")[0];
  if (per_channel.constant_input(*weights, 0) == nullptr)
    weights = nodes_of(per_channel, "DequantizeLinear")[1];
  CHECK(values<int8_t>(*per_channel.constant_input(*weights, 0)) ==
        std::vector<int8_t>{127, -127, 0, 64, 127, 0});
  CHECK(read_qparams(per_channel, *weights)->axis == 1);
  CHECK(read_qparams(per_channel, *weights)->scale[2] == 1);

  options.per_channel = false;
  options.weight_range = WeightRange::full;
  const Graph per_tensor = quantize_dynamic(b.graph, options);
  weights = nodes_of(per_tensor, "DequantizeLinear")[0];
  if (per_tensor.constant_input(*weights, 0) == nullptr)
    weights = nodes_of(per_tensor, "DequantizeLinear")[1];
  // The scale is 1.9921875 / 127.5 = 2⁻⁶, and -127.5 rounds to the even -128.
  CHECK(values<int8_t>(*per_tensor.constant_input(*weights, 0)) ==
        std::vector<int8_t>{81, -128, 0, 41, 127, 0});
  CHECK(read_qparams(per_tensor, *weights)->per_tensor());
}

TEST_CASE("readers of one value share its DynamicQuantizeLinear, readers of one constant its weights") {
  GraphBuilder b;
  const ValueId x = b.input("x", {2, 4}), w = b.random({4, 4});
  b.output(b.node("Add", {b.node("MatMul", {x, w}), b.node("Gemm", {x, w})}));
  infer_shapes(b.graph);
  const Graph quantized = quantize_dynamic(b.graph, {});
  CHECK(count(quantized, "DynamicQuantizeLinear") == 1);
  CHECK(count(quantized, "DequantizeLinear") == 2);
  const Node &matmul = *nodes_of(quantized, "MatMul")[0], &gemm = *nodes_of(quantized, "Gemm")[0];
  CHECK(matmul.inputs[0] == gemm.inputs[0]);
  CHECK(matmul.inputs[1] == gemm.inputs[1]);
}

TEST_CASE("Conv is quantized on request, its image ranged as a whole") {
  GraphBuilder b = two_heads();
  DynamicOptions options;
  options.op_types = {"Conv"};
  const Graph quantized = quantize_dynamic(b.graph, options);
  REQUIRE(count(quantized, "DynamicQuantizeLinear") == 1);
  CHECK(nodes_of(quantized, "DynamicQuantizeLinear")[0]->notes.granularity == Granularity::tensor);
  const std::vector<Tensor> feeds = random_feeds(b);
  Graph lowered = quantized;
  lower(lowered, KernelPolicy{});
  INFO(dump(lowered));
  CHECK(count(lowered, "DynamicQuantizeLinear") == 0);
  const auto expected = interpret(b.graph, feeds), actual = interpret(lowered, feeds);
  CHECK(compare_tensors(expected[1].span<float>(), actual[1].span<float>()).sqnr_db > 30);
}

TEST_CASE("weights that are computed or not matrices, and excluded nodes, stay float") {
  GraphBuilder b;
  const ValueId x = b.input("x", {2, 4}), y = b.input("y", {4, 4});
  const ValueId product = b.node("MatMul", {x, y});
  const ValueId excluded = b.node("MatMul", {product, b.random({4, 4})});
  b.output(b.node("MatMul", {excluded, b.random({5, 4, 4})}));
  infer_shapes(b.graph);
  DynamicOptions options;
  options.exclude = {b.graph.nodes[1].name};
  const Graph quantized = quantize_dynamic(b.graph, options);
  CHECK(count(quantized, "DynamicQuantizeLinear") == 0);
  CHECK(count(quantized, "DequantizeLinear") == 0);
}

TEST_CASE("the error of dynamic int8 does not depend on the size of the numbers") {
  for (float activations : {1.0f, 1e-8f, 1e-20f, 1e-30f, 1e20f})
    for (float weights : {1.0f, 1e-7f, 1e-17f, 1e-30f, 1e15f}) {
      if (activations * weights < 1e-36f) continue;  // the results are hardly floats any more
      CAPTURE(activations, weights);
      GraphBuilder b;
      b.output(b.node("MatMul", {b.input("x", {3, 16}), b.random({16, 8}, weights)}));
      infer_shapes(b.graph);
      std::vector<Tensor> feeds;
      feeds.push_back(b.random_tensor({3, 16}, activations));
      for (float& x : feeds[0].span<float>().subspan(16, 16)) x *= 1e-2f;  // a row of its own size
      Graph quantized = quantize_dynamic(b.graph, {});
      lower(quantized, KernelPolicy{});
      CHECK(count(quantized, "octavo.DynamicQGemm") == 1);
      const auto expected = interpret(b.graph, feeds), actual = interpret(quantized, feeds);
      for (int row : {0, 1, 2})
        CHECK(compare_tensors(expected[0].span<float>().subspan(row * 8, 8),
                              actual[0].span<float>().subspan(row * 8, 8))
                  .sqnr_db > 30);
    }
}

TEST_CASE("wrong options and weights are named") {
  GraphBuilder b = two_heads();
  const auto error = [&](auto change) {
    DynamicOptions options;
    change(options);
    return error_of([&] { quantize_dynamic(b.graph, options); });
  };
  CHECK(error([](auto& o) { o.op_types = {"Linear"}; }) == "InvalidOption: unknown operator 'Linear'");
  CHECK(error([](auto& o) { o.op_types = {"Relu"}; }) ==
        "InvalidOption: operator 'Relu' has no weights to quantize dynamically");
  CHECK(error([](auto& o) { o.exclude = {"nobody"}; }) == "InvalidOption: unknown node 'nobody'");

  GraphBuilder broken;
  broken.output(broken.node("MatMul", {broken.input("x", {1, 2}), broken.constant({2, 1}, {1, NAN})}));
  infer_shapes(broken.graph);
  const std::string message = error_of([&] { quantize_dynamic(broken.graph, {}); });
  CHECK(message.starts_with("InvalidData: MatMul node 'MatMul': constant"));

  const Graph quantized = quantize_dynamic(b.graph, {});
  CHECK(
      error_of([&] { quantize_dynamic(quantized, {}); }).starts_with("Unsupported: the model is quantized"));
}
