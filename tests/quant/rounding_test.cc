// Weights of a network that is quantized statically are rounded by what they are multiplied with.
#include <catch2/catch_test_macros.hpp>

#include "graph/qdq.h"
#include "passes/passes.h"
#include "quant/insert_qdq.h"
#include "quant/plan_static.h"
#include "runtime/executor.h"
#include "support/calibrate.h"
#include "support/graph_builder.h"
#include "support/interpreter.h"

using namespace octavo;
using namespace octavo::test;

namespace {

// Of calibration.
constexpr int kRuns = 6;

StaticOptions gptq_options() {
  StaticOptions options;
  options.rounding = Rounding::gptq;
  return options;
}

Graph quantize(const Graph& graph, const StaticOptions& options, const Batches& batches) {
  const QuantizationPlan plan = plan_static(graph, options);
  Calibrator calibrator(plan);
  calibrate(plan, calibrator, batches);
  Graph quantized = insert_qdq(plan, &calibrator);
  verify(quantized);
  return quantized;
}

// The float network with the weights of a quantized one: of input `input` of its only node of that operator.
Graph with_weights_of(Graph graph, const Graph& quantized, std::string_view op, std::size_t input) {
  const auto node_of = [&](const Graph& g) {
    return *std::ranges::find(g.nodes, op, [](const Node& node) { return node.op->name; });
  };
  const Uses uses(quantized);
  const Node& dequantize = quantized.nodes[uses.producer[node_of(quantized).inputs[input]]];
  const QParams qparams = read_qparams(quantized, dequantize).value();
  const Tensor& integers = *quantized.constant_input(dequantize, 0);
  Tensor floats(DType::f32, integers.shape());
  const int64_t inner = qparams.per_tensor()
                            ? floats.shape().elements()
                            : floats.shape().elements(qparams.axis + 1, floats.shape().rank());
  for (int64_t i = 0; i < floats.shape().elements(); ++i)
    floats.span<float>()[i] =
        static_cast<float>(integers.span<int8_t>()[i]) * qparams.scale[i / inner % std::ssize(qparams.scale)];
  graph[node_of(graph).inputs[input]].constant = std::make_shared<const Tensor>(std::move(floats));
  return graph;
}

struct Layer {
  const char* name;
  std::string_view op;
  Shape x, w;
  Attrs attributes = {};
};

}  // namespace

TEST_CASE("rounding with feedback makes products closer to those of float, in every layer that can") {
  const Layer layers[] = {
      {"a convolution", "Conv", {2, 5, 9, 8}, {7, 5, 3, 3}},
      {"with strides, pads and dilations",
       "Conv",
       {1, 4, 11, 9},
       {6, 4, 3, 2},
       attrs({{"strides", std::vector<int64_t>{2, 1}},
              {"pads", std::vector<int64_t>{1, 0, 1, 1}},
              {"dilations", std::vector<int64_t>{1, 2}}})},
      {"pointwise", "Conv", {1, 16, 6, 6}, {8, 16, 1, 1}},
      {"in groups", "Conv", {1, 6, 8, 8}, {9, 2, 3, 3}, attrs({{"group", int64_t{3}}})},
      {"depthwise", "Conv", {1, 6, 9, 9}, {6, 1, 3, 3}, attrs({{"group", int64_t{6}}})},
      {"along one axis", "Conv", {2, 4, 30}, {5, 4, 5}},
      {"over a volume", "Conv", {1, 3, 5, 6, 7}, {4, 3, 2, 3, 2}},
      {"a matrix", "MatMul", {3, 12, 10}, {10, 6}},
      {"a matrix the other way round", "Gemm", {30, 10}, {6, 10}, attrs({{"transB", int64_t{1}}})},
  };
  std::vector<double> gains;
  for (const Layer& layer : layers)
    for (const bool per_channel : {true, false}) {
      CAPTURE(layer.name, per_channel);
      GraphBuilder b;
      const ValueId x = b.input("x", layer.x);
      b.output(b.node(layer.op, {x, b.random(layer.w)}, layer.attributes));
      infer_shapes(b.graph);
      const Batches batches = smooth_batches(b, layer.x, kRuns);
      StaticOptions options = gptq_options();
      options.per_channel = per_channel;
      const Graph gptq = quantize(b.graph, options, batches);
      options.rounding = Rounding::nearest;
      const Graph nearest = quantize(b.graph, options, batches);
      const double with_feedback =
                       squared_error(b.graph, with_weights_of(b.graph, gptq, layer.op, 1), batches),
                   without = squared_error(b.graph, with_weights_of(b.graph, nearest, layer.op, 1), batches);
      CHECK(with_feedback < without);
      gains.push_back(without / with_feedback);
    }
  CHECK(std::ranges::count_if(gains, [](double gain) { return gain > 1.25; }) >= std::ssize(gains) * 3 / 4);
}

TEST_CASE(
    "a matrix behind images sees its rows as ONNX lays them out, whatever the layout that images have") {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 4, 6, 5});
  const ValueId image = b.node("Conv", {x, b.random({7, 4, 1, 1})});
  const ValueId last = b.node("Transpose", {image}, attrs({{"perm", std::vector<int64_t>{0, 3, 1, 2}}}));
  b.output(b.node("MatMul", {last, b.random({6, 3})}));
  infer_shapes(b.graph);
  const QuantizationPlan plan = plan_static(b.graph, gptq_options());
  Calibrator calibrator(plan);
  calibrate(plan, calibrator, smooth_batches(b, {1, 4, 6, 5}, kRuns));
  const auto& nodes = plan.graph.nodes;
  const auto n =
      std::ranges::find(nodes, "MatMul", [](const Node& node) { return node.op->name; }) - nodes.begin();
  const Gram* const gram =
      calibrator.gram(ProductIds(plan.graph).of(plan.graph, {static_cast<uint32_t>(n), 1}));
  REQUIRE(gram != nullptr);
  CHECK(gram->depth() == 6);
  CHECK(gram->rows() == 6 * 35);
}

TEST_CASE("layers that see the same share what is kept of it") {
  GraphBuilder b;
  const ValueId x = b.input("x", {4, 12});
  b.output(b.node("MatMul", {x, b.random({12, 5})}));
  b.output(b.node("MatMul", {x, b.random({12, 7})}));
  infer_shapes(b.graph);
  const Graph observed = observed_graph(plan_static(b.graph, gptq_options()));
  int watches = 0;
  for (const Node& node : observed.nodes) watches += node.lowered.observed >= std::ssize(b.graph.values);
  CHECK(watches == 1);
}

TEST_CASE("what is too much to keep is rounded to the nearest") {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 20'000});
  b.output(b.node("MatMul", {x, b.constant(Tensor(DType::f32, {20'000, 1}))}));
  infer_shapes(b.graph);
  const QuantizationPlan plan = plan_static(b.graph, gptq_options());
  CHECK(plan.operands.at({0, 1}).rounding == Rounding::nearest);
}

TEST_CASE("a layer that sees nothing but zeros is rounded to the nearest") {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 3, 5, 5});
  b.output(b.node("Conv", {x, b.random({4, 3, 2, 2})}));
  infer_shapes(b.graph);
  Batches batches;
  batches.emplace_back().emplace_back(DType::f32, Shape{1, 3, 5, 5});
  std::ranges::fill(batches[0][0].span<float>(), 0.0f);
  StaticOptions options = gptq_options();
  const Graph gptq = quantize(b.graph, options, batches);
  options.rounding = Rounding::nearest;
  const Graph nearest = quantize(b.graph, options, batches);
  CHECK(squared_error(with_weights_of(b.graph, gptq, "Conv", 1), with_weights_of(b.graph, nearest, "Conv", 1),
                      smooth_batches(b, {1, 3, 5, 5}, kRuns)) == 0);
}

TEST_CASE("inputs whose squares are beyond float32 leave it at rounding to the nearest") {
  GraphBuilder b;
  const ValueId x = b.input("x", {4, 6});
  b.output(b.node("MatMul", {x, b.random({6, 3})}));
  infer_shapes(b.graph);
  Batches batches;
  batches.emplace_back().push_back(b.random_tensor({4, 6}, 1e30f));
  StaticOptions options = gptq_options();
  const Graph gptq = quantize(b.graph, options, batches);
  options.rounding = Rounding::nearest;
  const Graph nearest = quantize(b.graph, options, batches);
  CHECK(squared_error(with_weights_of(b.graph, gptq, "MatMul", 1),
                      with_weights_of(b.graph, nearest, "MatMul", 1), smooth_batches(b, {4, 6}, kRuns)) == 0);
}
