#include "quant/insert_qdq.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include "base/error.h"
#include "graph/qdq.h"
#include "kernels/epilogue.h"
#include "passes/passes.h"
#include "quant/compare.h"
#include "quant/plan_static.h"
#include "runtime/executor.h"
#include "support/calibrate.h"
#include "support/graph_builder.h"
#include "support/interpreter.h"
#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

Graph obey(const QuantizationPlan& plan, const Batches& batches) {
  Calibrator calibrator(plan);
  calibrate(plan, calibrator, batches);
  Graph quantized = insert_qdq(plan, &calibrator);
  verify(quantized);
  return quantized;
}

Graph quantize_by_default(const Graph& graph, const StaticOptions& options, const Batches& batches) {
  return obey(plan_static(graph, options), batches);
}

// The same as if somebody read the outputs as integers.
Graph quantize(const Graph& graph, StaticOptions options, const Batches& batches) {
  if (options.op_types.empty())
    for (const Node& node : graph.nodes)
      if (node.op->quant.result != ResultRole::untouched) options.op_types.emplace_back(node.op->name);
  QuantizationPlan plan = plan_static(graph, options);
  for (const Node& node : graph.nodes)
    if (node.op->quant.form(DType::u8, DType::f32) &&
        std::ranges::count(graph.outputs, node.outputs[0]) > 0 && plan.values.contains(node.inputs[0]))
      plan.values.try_emplace(node.outputs[0],
                              QuantSpec{.qmax = options.activation_qmax(), .observer = options.observer});
  return obey(plan, batches);
}

// Runs of random feeds for all inputs of the graph.
Batches random_batches(GraphBuilder& b, int runs = 4) {
  Batches batches(runs);
  for (auto& batch : batches)
    for (ValueId id : b.graph.inputs) batch.push_back(b.random_tensor(*b.graph[id].shape));
  return batches;
}

StaticOptions minmax() {
  StaticOptions options;
  options.observer.kind = ObserverKind::minmax;
  return options;
}

const Node* producer(const Graph& graph, ValueId id) {
  const Uses uses(graph);
  return uses.producer[id] == Uses::kNone ? nullptr : &graph.nodes[uses.producer[id]];
}

const Node& only_node(const Graph& graph, std::string_view op) {
  INFO(dump(graph));
  REQUIRE(count(graph, op) == 1);
  return *std::ranges::find(graph.nodes, op, [](const Node& node) { return node.op->name; });
}

// The Q node in front of the DQ node that makes `id`, or null when `id` is not fake-quantized.
const Node* quantizer_of(const Graph& graph, ValueId id) {
  const Node* dequantize = producer(graph, id);
  if (dequantize == nullptr || dequantize->op->name != "DequantizeLinear") return nullptr;
  const Node* quantize = producer(graph, dequantize->inputs[0]);
  return quantize != nullptr && quantize->op->name == "QuantizeLinear" ? quantize : nullptr;
}

bool is_quantized(const Graph& graph, ValueId id) { return quantizer_of(graph, id) != nullptr; }

// The constant behind DQ(constant), or null.
const Tensor* quantized_constant(const Graph& graph, ValueId id) {
  const Node* dequantize = producer(graph, id);
  return dequantize && dequantize->op->name == "DequantizeLinear" ? graph.constant_input(*dequantize, 0)
                                                                  : nullptr;
}

double sqnr(const Graph& reference, const Graph& other, const std::vector<Tensor>& feeds) {
  const auto expected = interpret(reference, feeds), actual = interpret(other, feeds);
  return compare_tensors(expected[0].span<float>(), actual[0].span<float>()).sqnr_db;
}

// A small residual network with a classifier: one node of every role.
GraphBuilder residual_network() {
  GraphBuilder b;
  const ValueId x = b.input("image", {1, 3, 8, 8});
  const ValueId stem = b.node("Relu", {b.node("Conv", {x, b.random({8, 3, 3, 3}, 0.3f), b.random({8}, 0.1f)},
                                              attrs({{"pads", Ints{1, 1, 1, 1}}}))});
  const ValueId branch = b.node("Conv", {stem, b.random({8, 8, 3, 3}, 0.2f), b.random({8}, 0.1f)},
                                attrs({{"pads", Ints{1, 1, 1, 1}}}));
  const ValueId sum = b.node("Relu", {b.node("Add", {branch, stem})});
  const ValueId pooled =
      b.node("MaxPool", {sum}, attrs({{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}}));
  const ValueId swish = b.node("HardSwish", {pooled});
  const ValueId mean = b.node("GlobalAveragePool", {swish});
  const ValueId flat = b.node("Flatten", {mean});
  b.output(b.node("Gemm", {flat, b.random({10, 8}), b.random({10}, 0.1f)}, attrs({{"transB", int64_t{1}}})));
  b.graph[b.graph.outputs[0]].name = "logits";
  infer_shapes(b.graph);
  return b;
}

}  // namespace

TEST_CASE("a residual network is quantized throughout, lowers without islands and stays close to float") {
  GraphBuilder b = residual_network();
  const Batches batches = random_batches(b);
  for (ObserverKind kind : {ObserverKind::minmax, ObserverKind::moving_average, ObserverKind::histogram,
                            ObserverKind::percentile, ObserverKind::mse}) {
    for (bool reduce_range : {false, true}) {
      StaticOptions options;
      options.observer.kind = kind;
      options.reduce_range = reduce_range;
      const Graph quantized = quantize_by_default(b.graph, options, batches);
      INFO(dump(quantized));
      CHECK(quantized[quantized.inputs[0]].name == "image");
      CHECK(quantized[quantized.outputs[0]].name == "logits");
      CHECK_FALSE(is_quantized(quantized, quantized.outputs[0]));
      // image, stem, branch, sum, pooled, swish, mean, flat
      CHECK(count(quantized, "QuantizeLinear") == 8);
      // … and three weights with the biases of two: the logits', which stay float, have a float one
      CHECK(count(quantized, "DequantizeLinear") == 13);
      CHECK(sqnr(b.graph, quantized, batches[0]) > (reduce_range ? 17 : 22));

      Graph lowered = quantized;
      std::vector<FloatIsland> islands;
      islands = lower(lowered, KernelPolicy{});
      CHECK(islands.empty());
      CHECK(sqnr(quantized, lowered, batches[0]) > 30);
    }
  }
}

TEST_CASE("integer ranges: u8 by default, u7 as attributes of Q and DQ") {
  GraphBuilder b = residual_network();
  StaticOptions options = minmax();
  for (bool reduce_range : {false, true}) {
    options.reduce_range = reduce_range;
    const Graph quantized = quantize(b.graph, options, random_batches(b));
    for (const Node& node : quantized.nodes) {
      if (node.op->name != "QuantizeLinear") continue;
      const auto qparams = read_qparams(quantized, node);
      REQUIRE(qparams);
      CHECK(qparams->qmin == 0);
      CHECK(qparams->qmax == (reduce_range ? 127 : 255));
      CHECK(node.notes.qmax.has_value() == reduce_range);
    }
  }
}

TEST_CASE("weights become int8 along the output channels, the bias int32 in units of the accumulator") {
  GraphBuilder b;
  const ValueId x = b.input("x", {2, 3});
  const ValueId w = b.constant({3, 2}, {1.27f, 0.5f, -0.01f, 0.25f, 0.3f, -0.254f});
  const ValueId bias = b.constant({2}, {0.1f, -0.2f});
  b.output(b.node("Gemm", {x, w, bias}));
  infer_shapes(b.graph);
  Batches batches(1);
  batches[0].push_back(Tensor::of<float>({2, 3}, {0, 1, 2.55f, 0.3f, 0.4f, 0.5f}));
  StaticOptions options = minmax();
  options.rounding = Rounding::nearest;
  options.bias_correction = false;
  const Graph quantized = quantize(b.graph, options, batches);
  const Node& gemm = only_node(quantized, "Gemm");

  const Node& weights = *producer(quantized, gemm.inputs[1]);
  const auto weight_qparams = read_qparams(quantized, weights);
  REQUIRE(weight_qparams);
  CHECK(weight_qparams->axis == 1);
  CHECK_THAT(weight_qparams->scale[0], WithinRel(0.01f, 1e-6f));
  CHECK_THAT(weight_qparams->scale[1], WithinRel(0.5f / 127, 1e-6f));
  CHECK(values<int8_t>(*quantized.constant_input(weights, 0)) ==
        std::vector<int8_t>{127, 127, -1, 64, 30, -65});

  const Node& quantized_bias = *producer(quantized, gemm.inputs[2]);
  const auto bias_qparams = read_qparams(quantized, quantized_bias);
  const auto input_qparams = read_qparams(quantized, *quantizer_of(quantized, gemm.inputs[0]));
  REQUIRE((bias_qparams && input_qparams));
  CHECK_THAT(input_qparams->scale[0], WithinRel(0.01f, 1e-6f));
  CHECK(bias_qparams->axis == 0);
  CHECK(bias_qparams->zero_point == std::vector<int32_t>{0, 0});
  for (int n : {0, 1}) CHECK(bias_qparams->scale[n] == input_qparams->scale[0] * weight_qparams->scale[n]);
  CHECK(values<int32_t>(*quantized.constant_input(quantized_bias, 0)) == std::vector<int32_t>{1000, -5080});
}

TEST_CASE("per-tensor weights have one scale, and so has their bias") {
  GraphBuilder b = residual_network();
  StaticOptions options = minmax();
  options.per_channel = false;
  options.weight_range = WeightRange::full;
  const Graph quantized = quantize(b.graph, options, random_batches(b));
  for (const Node& node : quantized.nodes) {
    if (!node.op->quant.has_weight()) continue;
    for (int i : {1, 2}) CHECK(read_qparams(quantized, *producer(quantized, node.inputs[i]))->per_tensor());
  }
  CHECK(sqnr(b.graph, quantized, random_batches(b)[0]) > 20);
}

TEST_CASE("a nearly dead channel keeps its bias") {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 2});
  b.output(b.node("Gemm",
                  {x, b.constant({2, 3}, {1e-12f, 0, 0.5f, -1e-12f, 0, 0.25f}), b.constant({3}, {3, 2, 1})}));
  infer_shapes(b.graph);
  Batches batches(1);
  batches[0].push_back(Tensor::of<float>({1, 2}, {-1, 1.55f}));
  Graph quantized = quantize(b.graph, minmax(), batches);
  CHECK(std::ranges::all_of(
      quantized_constant(quantized, only_node(quantized, "Gemm").inputs[2])->span<int32_t>(),
      [](int32_t q) { return std::abs(q) <= kernels::max_bias(2); }));
  std::vector<FloatIsland> islands;
  islands = lower(quantized, KernelPolicy{});
  CHECK(islands.empty());
  const auto y = interpret(quantized, batches[0]);
  const std::vector<float> expected = {3, 2, 0.8875f};
  for (int n : {0, 1, 2}) CHECK(std::abs(y[0].span<float>()[n] - expected[n]) < 0.02f);
}

TEST_CASE("a bias that outweighs a deep sum enlarges the scale of the weights") {
  for (int64_t depth : {int64_t{60'000}, int64_t{kernels::max_reduction}}) {
    GraphBuilder b;
    Tensor weights(DType::f32, {depth, 2}), ones(DType::f32, {1, depth});
    for (int64_t i = 0; i < depth; ++i) {
      weights.span<float>()[2 * i] = 1e-6f;
      weights.span<float>()[2 * i + 1] = -1e-3f;
      ones.span<float>()[i] = 1;
    }
    b.output(
        b.node("Gemm", {b.input("x", {1, depth}), b.constant(std::move(weights)), b.constant({2}, {5, -4})}));
    infer_shapes(b.graph);
    Batches batches(1);
    batches[0].push_back(std::move(ones));
    const Graph quantized = quantize(b.graph, minmax(), batches);
    const Tensor& bias = *quantized_constant(quantized, only_node(quantized, "Gemm").inputs[2]);
    for (int32_t q : bias.span<int32_t>()) CHECK(std::abs(q) <= kernels::max_bias(depth));
    Graph lowered = quantized;
    lower(lowered, KernelPolicy{});
    CHECK(count(lowered, "octavo.QGemm") == 1);
    for (const Graph* graph : {&quantized, static_cast<const Graph*>(&lowered)})
      CHECK(sqnr(b.graph, *graph, batches[0]) > 30);
  }
}

TEST_CASE("a bias beyond all scales of weights stays float, and the node with it") {
  GraphBuilder b;
  b.output(
      b.node("Gemm", {b.input("x", {1, 2}), b.constant({2, 1}, {1e-30f, 1e-30f}), b.constant({1}, {1e20f})}));
  infer_shapes(b.graph);
  Batches batches(1);
  batches[0].push_back(Tensor::of<float>({1, 2}, {1e-30f, -1e-30f}));
  Graph quantized = quantize(b.graph, minmax(), batches);
  std::vector<FloatIsland> islands;
  islands = lower(quantized, KernelPolicy{});
  CHECK(islands.size() == 1);
  CHECK(interpret(quantized, batches[0])[0].span<float>()[0] == 1e20f);
}

TEST_CASE("the error of int8 does not depend on the size of the numbers") {
  for (float activations : {1.0f, 1e-8f, 1e-20f, 1e-30f, 1e20f})
    for (float weights : {1.0f, 1e-7f, 1e-17f, 1e-30f, 1e15f}) {
      if (activations * weights < 1e-36f) continue;  // the results are hardly floats any more
      CAPTURE(activations, weights);
      GraphBuilder b;
      const ValueId hidden = b.node(
          "Gemm", {b.input("x", {4, 16}), b.random({16, 8}, weights), b.random({8}, activations * weights)});
      const ValueId sum = b.node("Add", {hidden, b.random({8}, activations * weights)});
      b.output(b.node("Concat", {sum, hidden}, attrs({{"axis", int64_t{0}}})));
      infer_shapes(b.graph);
      Batches batches(1);
      batches[0].push_back(b.random_tensor({4, 16}, activations));
      for (ObserverKind observer : {ObserverKind::minmax, ObserverKind::histogram}) {
        StaticOptions options;
        options.observer.kind = observer;
        Graph quantized = quantize(b.graph, options, batches);
        lower(quantized, KernelPolicy{});
        CHECK(count(quantized, "octavo.QGemm") == 1);
        CHECK(count(quantized, "octavo.QAdd") == 1);
        CHECK(count(quantized, "octavo.QConcat") == 1);
        CHECK(sqnr(b.graph, quantized, batches[0]) > 25);
      }
    }
}

TEST_CASE("a bias far below the unit that its inputs make stays float") {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 2}), zero = b.node("Sub", {x, x});
  const ValueId y =
      b.node("Gemm", {zero, b.constant({2, 2}, {1, 2, 3, 4}), b.constant({2}, {5e-9f, -2e-9f})});
  b.output(b.node("Relu", {y}));
  infer_shapes(b.graph);
  Batches batches(1);
  batches[0].push_back(Tensor::of<float>({1, 2}, {-1, 1.5f}));
  Graph quantized = quantize(b.graph, minmax(), batches);
  lower(quantized, KernelPolicy{});
  CHECK(sqnr(b.graph, quantized, batches[0]) > 40);
}

TEST_CASE("a channel whose weights are 0 has its bias exactly") {
  GraphBuilder b;
  Tensor weights = b.random_tensor({4, 3, 1, 1}, 1e-3f);
  std::ranges::fill(weights.span<float>().subspan(3, 6), 0.0f);
  const ValueId x = b.input("x", {1, 3, 4, 4});
  b.output(b.node("Conv", {x, b.constant(std::move(weights)), b.constant({4}, {0.1f, 0.07f, -0.1f, -0.1f})}));
  infer_shapes(b.graph);
  Batches batches(1);
  batches[0].push_back(b.random_tensor({1, 3, 4, 4}, 100));
  Graph quantized = quantize(b.graph, minmax(), batches);
  lower(quantized, KernelPolicy{});
  CHECK(count(quantized, "octavo.QConv") == 1);
  const auto expected = interpret(b.graph, batches[0]), actual = interpret(quantized, batches[0]);
  const auto range = std::ranges::minmax(expected[0].span<float>());
  for (int i = 16; i < 48; ++i)
    CHECK(std::abs(actual[0].span<float>()[i] - expected[0].span<float>()[i]) <=
          (range.max - range.min) / 255);
}

TEST_CASE("an activation that is always 0 leaves the bias beside it whole") {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 2}), zero = b.node("Sub", {x, x});
  b.output(b.node("Gemm", {zero, b.constant({2, 2}, {1, 2, 3, 4}), b.constant({2}, {5, -2})}));
  infer_shapes(b.graph);
  Batches batches(1);
  batches[0].push_back(Tensor::of<float>({1, 2}, {-1, 1.5f}));
  Graph quantized = quantize(b.graph, minmax(), batches);
  lower(quantized, KernelPolicy{});
  CHECK(count(quantized, "octavo.QGemm") == 1);
  const auto y = interpret(quantized, batches[0]);
  CHECK_THAT(y[0].span<float>()[0], WithinRel(5.0f, 0.01f));
  CHECK_THAT(y[0].span<float>()[1], WithinRel(-2.0f, 0.01f));
}

TEST_CASE("a clamp belongs to the weighted node that it alone reads") {
  GraphBuilder b;
  const ValueId conv = b.node("Conv", {b.input("x", {1, 2, 4, 4}), b.random({3, 2, 3, 3})});
  const ValueId relu = b.node("Relu", {conv});
  b.output(relu);
  infer_shapes(b.graph);
  const Batches batches = random_batches(b);

  SECTION("no Q between them") {
    const Graph quantized = quantize(b.graph, minmax(), batches);
    CHECK(producer(quantized, only_node(quantized, "Relu").inputs[0])->op->name == "Conv");
    CHECK(count(quantized, "QuantizeLinear") == 2);
  }
  SECTION("whatever op_types says") {
    StaticOptions options = minmax();
    options.op_types = {"Conv"};
    const Graph quantized = quantize(b.graph, options, batches);
    CHECK(producer(quantized, only_node(quantized, "Relu").inputs[0])->op->name == "Conv");
    CHECK(is_quantized(quantized, quantized.outputs[0]));
  }
  SECTION("unless it is excluded") {
    StaticOptions options = minmax();
    options.exclude = {"Relu"};
    const Graph quantized = quantize(b.graph, options, batches);
    CHECK(is_quantized(quantized, only_node(quantized, "Relu").inputs[0]));
    CHECK_FALSE(is_quantized(quantized, quantized.outputs[0]));
  }
  SECTION("unless others read the node as well") {
    b.output(conv);
    const Graph quantized = quantize(b.graph, minmax(), batches);
    CHECK(is_quantized(quantized, only_node(quantized, "Relu").inputs[0]));
    CHECK(is_quantized(quantized, quantized.outputs[0]));
    CHECK(is_quantized(quantized, quantized.outputs[1]));
  }
  SECTION("unless the node stays float") {
    StaticOptions options = minmax();
    options.exclude = {"Conv"};
    const Graph quantized = quantize(b.graph, options, batches);
    CHECK(is_quantized(quantized, only_node(quantized, "Relu").inputs[0]));
    CHECK_FALSE(is_quantized(quantized, only_node(quantized, "Conv").inputs[0]));
  }
}

TEST_CASE(
    "what only moves elements takes over the qparams of its input, along chains, and never starts one") {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 2, 4, 4});
  const ValueId before = b.node("Transpose", {x}, attrs({{"perm", Ints{0, 1, 3, 2}}}));
  const ValueId conv = b.node("Conv", {before, b.random({4, 2, 3, 3})});
  const ValueId pooled = b.node("MaxPool", {conv}, attrs({{"kernel_shape", Ints{2, 2}}}));
  const ValueId flat = b.node("Flatten", {pooled});
  b.output(b.node("Softmax", {flat}));
  infer_shapes(b.graph);
  const QuantizationPlan plan = plan_static(b.graph, minmax());
  // before and conv are observed; pooled and flat follow conv.
  CHECK(count(observed_graph(plan), "octavo.Observe") == 2);

  const Graph quantized = quantize(b.graph, minmax(), random_batches(b));
  CHECK_FALSE(is_quantized(quantized, only_node(quantized, "Transpose").inputs[0]));
  const Node& first = *quantizer_of(quantized, only_node(quantized, "MaxPool").inputs[0]);
  for (std::string_view reader : {"Flatten", "Softmax"}) {
    const Node* follower = quantizer_of(quantized, only_node(quantized, reader).inputs[0]);
    REQUIRE(follower != nullptr);
    CHECK(follower->inputs[1] == first.inputs[1]);
    CHECK(follower->inputs[2] == first.inputs[2]);
  }
  CHECK_FALSE(is_quantized(quantized, quantized.outputs[0]));
}

TEST_CASE("constant operands of arithmetic get u8 qparams of their own range") {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 4});
  const ValueId c = b.constant({4}, {-1, 0, 0.5f, 1.55f});
  b.output(b.node("Add", {b.node("Mul", {x, c}), c}));
  infer_shapes(b.graph);
  const Graph quantized = quantize(b.graph, minmax(), random_batches(b));
  const Node& mul = only_node(quantized, "Mul");
  const auto qparams = read_qparams(quantized, *producer(quantized, mul.inputs[1]));
  REQUIRE(qparams);
  CHECK_THAT(qparams->scale[0], WithinRel(0.01f, 1e-6f));
  CHECK(qparams->zero_point[0] == 100);
  CHECK(values<uint8_t>(*quantized_constant(quantized, mul.inputs[1])) ==
        std::vector<uint8_t>{0, 100, 150, 255});
  // One dequantized constant for both readers.
  CHECK(only_node(quantized, "Add").inputs[1] == mul.inputs[1]);
}

TEST_CASE("an operand that is infinite by design stays float") {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 2});
  b.output(b.node("Add", {x, b.constant({2}, {0, -INFINITY})}));
  infer_shapes(b.graph);
  CHECK(plan_static(b.graph, minmax()).values.empty());
}

TEST_CASE("integer operators share one Q → DQ pair of a value, float ones read it as it is") {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 4});
  const ValueId a = b.node("Gemm", {x, b.random({4, 4})});
  const ValueId c = b.node("Gemm", {x, b.random({4, 4})});
  b.output(b.node("Add", {b.node("Add", {a, c}), b.node("Softmax", {x})}));
  infer_shapes(b.graph);
  const Graph quantized = quantize(b.graph, minmax(), random_batches(b));
  CHECK(only_node(quantized, "Softmax").inputs[0] == quantized.inputs[0]);
  const ValueId shared =
      std::ranges::find(quantized.nodes, "Gemm", [](auto& n) { return n.op->name; })->inputs[0];
  CHECK(is_quantized(quantized, shared));
  for (const Node& node : quantized.nodes)
    if (node.op->name == "Gemm") CHECK(node.inputs[0] == shared);
  const Uses uses(quantized);
  CHECK(uses.consumers[quantized.inputs[0]].size() == 2);
}

TEST_CASE("float operators share the Q → DQ pair of what integers are computed to") {
  GraphBuilder b;
  const ValueId hidden = b.node("Gemm", {b.input("x", {1, 4}), b.random({4, 4})});
  const ValueId y = b.node("Gemm", {hidden, b.random({4, 4})});
  b.output(b.node("Add", {y, b.node("Softmax", {hidden})}));
  infer_shapes(b.graph);
  const Graph quantized = quantize(b.graph, minmax(), random_batches(b));
  CHECK(is_quantized(quantized, only_node(quantized, "Softmax").inputs[0]));
  Graph lowered = quantized;
  lower(lowered, KernelPolicy{});
  CHECK(count(lowered, "octavo.QGemm") == 2);
}

TEST_CASE("names of inputs and outputs survive, also where an input is an output") {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 4});
  const ValueId y = b.node("Gemm", {x, b.random({4, 4})});
  b.graph[y].name = "y";
  b.output(x);
  b.output(y);
  infer_shapes(b.graph);
  const Batches batches = random_batches(b);
  const QuantizationPlan plan = plan_static(b.graph, minmax());
  const Graph quantized = quantize(b.graph, minmax(), batches);
  const Graph observed = observed_graph(plan);
  for (const Graph* graph : {&observed, &quantized}) {
    CHECK((*graph)[graph->inputs[0]].name == "x");
    CHECK((*graph)[graph->outputs[0]].name == "x");
    CHECK((*graph)[graph->outputs[1]].name == "y");
  }
  const auto outputs = interpret(quantized, batches[0]);
  CHECK(values<float>(outputs[0]) == values<float>(batches[0][0]));
}

TEST_CASE("op_types and exclude restrict what is quantized") {
  GraphBuilder b = residual_network();
  const Batches batches = random_batches(b);
  StaticOptions options = minmax();
  options.op_types = {"Gemm"};
  const Graph only_gemm = quantize_by_default(b.graph, options, batches);
  CHECK(count(only_gemm, "QuantizeLinear") == 1);
  CHECK(quantized_constant(only_gemm, only_node(only_gemm, "Gemm").inputs[1]) != nullptr);

  options.op_types = {};
  options.exclude = {"Gemm"};
  const Graph all_but_gemm = quantize_by_default(b.graph, options, batches);
  CHECK(quantized_constant(all_but_gemm, only_node(all_but_gemm, "Gemm").inputs[1]) == nullptr);
  // image, stem and branch: what is behind the last product costs little in float
  CHECK(count(all_but_gemm, "QuantizeLinear") == 3);
}

TEST_CASE("wrong options are named") {
  GraphBuilder b = residual_network();
  const auto error = [&](auto change) {
    StaticOptions options = minmax();
    change(options);
    return error_of([&] { plan_static(b.graph, options); });
  };
  CHECK(error([](auto& o) { o.op_types = {"Conv", "Konv"}; }) == "InvalidOption: unknown operator 'Konv'");
  CHECK(error([](auto& o) { o.op_types = {"Softmax"}; }).starts_with("InvalidOption: operator 'Softmax'"));
  CHECK(error([](auto& o) { o.exclude = {"nobody"}; }) == "InvalidOption: unknown node 'nobody'");
  CHECK(error([](auto& o) { o.observer.bins = 0; }).starts_with("InvalidOption: bins"));
  CHECK(error([](auto&) {}).empty());
}

TEST_CASE("calibration without data, or with NaN or infinity, is an error and leaves the calibrator usable") {
  GraphBuilder b = residual_network();
  const Batches batches = random_batches(b);
  for (ObserverKind kind : {ObserverKind::minmax, ObserverKind::moving_average, ObserverKind::histogram}) {
    StaticOptions options;
    options.observer.kind = kind;
    const QuantizationPlan plan = plan_static(b.graph, options);
    Calibrator calibrator(plan);
    CHECK(error_of([&] { insert_qdq(plan, &calibrator); }).starts_with("InvalidData: no calibration data"));
    for (float bad : {NAN, INFINITY, -INFINITY}) {
      Batches broken = random_batches(b, 1);
      broken[0][0].span<float>()[100] = bad;
      const std::string error = error_of([&] { calibrate(plan, calibrator, broken); });
      CHECK(error.starts_with("InvalidData"));
      CHECK(error.contains("'image' has a NaN or infinite value"));
    }
    calibrate(plan, calibrator, batches);
    CHECK(sqnr(b.graph, insert_qdq(plan, &calibrator), batches[0]) > 20);
  }
}

TEST_CASE("weights and biases that are not finite name their node") {
  for (int slot : {1, 2}) {
    GraphBuilder b;
    std::vector<ValueId> inputs = {b.input("x", {1, 2}), b.constant({2, 2}, {1, 2, 3, 4}),
                                   b.constant({2}, {1, 2})};
    inputs[slot] = slot == 1 ? b.constant({2, 2}, {1, NAN, 3, 4}) : b.constant({2}, {1, INFINITY});
    b.output(b.node("Sigmoid", {b.node("Gemm", inputs)}));
    infer_shapes(b.graph);
    StaticOptions options = minmax();
    options.op_types = {"Gemm", "Sigmoid"};
    const QuantizationPlan plan = plan_static(b.graph, options);
    Calibrator calibrator(plan);
    for (const auto& [value, spec] : plan.values)
      calibrator.observe(plan.observed(value), Tensor::of<float>({2}, {0, 1}).view());
    const std::string error = error_of([&] { insert_qdq(plan, &calibrator); });
    CHECK(error.starts_with("InvalidData: Gemm node 'Gemm': constant"));
  }
}

TEST_CASE("a quantized model is not quantized again") {
  GraphBuilder b = residual_network();
  const Graph quantized = quantize(b.graph, minmax(), random_batches(b));
  CHECK(
      error_of([&] { plan_static(quantized, minmax()); }).starts_with("Unsupported: the model is quantized"));
}

TEST_CASE("a product that nobody reads as integers stays float, one that somebody does not") {
  GraphBuilder b;
  const ValueId x = b.input("x", {2, 3});
  const ValueId hidden = b.node("Gemm", {x, b.random({3, 4}), b.random({4})});
  const ValueId turned = b.node("Reshape", {hidden, b.constant(Tensor::of<int64_t>({2}, {4, 2}))});
  const ValueId logits = b.node("MatMul", {turned, b.random({2, 5})});
  b.output(b.node("Softmax", {logits}));
  infer_shapes(b.graph);
  const QuantizationPlan plan = plan_static(b.graph, minmax());
  CHECK(plan.values.contains(hidden));
  CHECK(plan.values.contains(turned));
  CHECK_FALSE(plan.values.contains(logits));
  Batches batches(1);
  batches[0].push_back(b.random_tensor({2, 3}));
  const Graph quantized = quantize_by_default(b.graph, minmax(), batches);
  const Node& product = only_node(quantized, "MatMul");
  CHECK(is_dequantize(*producer(quantized, product.inputs[1])));
  CHECK(only_node(quantized, "Softmax").inputs[0] == product.outputs[0]);
}

TEST_CASE("a residual stream that only normalizations and sums read stays float") {
  GraphBuilder b;
  const ValueId x = b.input("x", {4, 16});
  const auto normalized = [&](ValueId id) {
    return b.node("LayerNormalization", {id, b.random({16}, 1), b.random({16}, 1)});
  };
  const ValueId product = b.node("MatMul", {normalized(x), b.random({16, 16}, 0.2f)});
  const ValueId sum = b.node("Add", {x, product});
  const ValueId hidden = b.node("MatMul", {normalized(sum), b.random({16, 32}, 0.2f)});
  const ValueId biased = b.node("Add", {hidden, b.random({32}, 1)});
  const ValueId bent = b.node("Gelu", {biased});
  const ValueId result = b.node("MatMul", {bent, b.random({32, 16}, 0.2f)});
  b.output(b.node("Add", {sum, result}));
  infer_shapes(b.graph);
  const QuantizationPlan plan = plan_static(b.graph, minmax());
  for (ValueId id : {x, product, sum, hidden, result, b.graph.outputs[0]})
    CHECK_FALSE(plan.values.contains(id));
  for (ValueId id : {biased, bent}) CHECK(plan.values.contains(id));

  StaticOptions named = minmax();
  named.op_types = {"Add", "MatMul"};
  const QuantizationPlan with_sums = plan_static(b.graph, named);
  for (ValueId id : {x, product, sum, result, b.graph.outputs[0]}) CHECK(with_sums.values.contains(id));

  const Batches batches = random_batches(b);
  const Graph quantized = quantize_by_default(b.graph, minmax(), batches);
  Graph lowered = quantized;
  lower(lowered, KernelPolicy{});
  INFO(dump(lowered));
  CHECK(count(lowered, "octavo.QGemmToFloat") == 2);
  // The one that has a bias is computed with it.
  CHECK(only_node(lowered, "octavo.QGemm").inputs.size() == 3);
  CHECK(count(lowered, "Add") == 2);
  CHECK(sqnr(b.graph, quantized, batches[0]) > 30);
  CHECK(sqnr(quantized, lowered, batches[0]) > 60);
}

TEST_CASE("a clamp at the end goes into the product before it, joined outputs stay float") {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 3, 8, 8});
  const auto convolved = [&] { return b.node("Conv", {x, b.random({4, 3, 1, 1}, 0.3f)}); };
  const ValueId clamped = b.node("Relu", {convolved()}), boxes = convolved(), scores = convolved();
  b.output(clamped);
  b.output(b.node("Concat", {boxes, b.node("Sigmoid", {scores})}, attrs({{"axis", int64_t{1}}})));
  infer_shapes(b.graph);
  const QuantizationPlan plan = plan_static(b.graph, minmax());
  for (ValueId id : {clamped, boxes, scores}) CHECK(plan.values.contains(id));
  CHECK(plan.values.size() == 4);
}

TEST_CASE("what a function alone reads has no range beyond what the function tells apart") {
  const auto range_before = [](std::string_view op, std::vector<float> seen) {
    GraphBuilder b;
    const ValueId x = b.input("x", {1, 2});
    const ValueId before = b.node("MatMul", {x, b.constant({2, 2}, {1, 0, 0, 1})});
    b.output(b.node("MatMul", {b.node(op, {before}), b.constant({2, 2}, {1, 0, 0, 1})}));
    infer_shapes(b.graph);
    Batches batches(1);
    batches[0].push_back(Tensor::of<float>({1, 2}, seen));
    const Graph quantized = quantize_by_default(b.graph, minmax(), batches);
    const QParams qparams =
        *read_qparams(quantized, *quantizer_of(quantized, only_node(quantized, op).inputs[0]));
    const auto end = [&](int32_t q) {
      return static_cast<float>(q - qparams.zero_point[0]) * qparams.scale[0];
    };
    return ValueRange{end(qparams.qmin), end(qparams.qmax)};
  };
  CHECK_THAT(range_before("HardSwish", {-20, 5}).min, WithinAbs(-3, 0.1));
  CHECK_THAT(range_before("HardSwish", {-20, 5}).max, WithinAbs(5, 0.1));
  CHECK_THAT(range_before("HardSwish", {-20, -10}).max, WithinAbs(0, 0.1));
  // tanh(3.12) is half a step of 1 / 127.5 from its end.
  CHECK_THAT(range_before("Tanh", {-30, 40}).min, WithinAbs(-3.12, 0.2));
  CHECK_THAT(range_before("Tanh", {-30, 40}).max, WithinAbs(3.12, 0.2));
  CHECK_THAT(range_before("Tanh", {-0.5, 0.5}).max, WithinAbs(0.5, 0.01));
}
