// Weights alone as integers: of 2 to 8 bits, by channel and in blocks.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "graph/qdq.h"
#include "passes/passes.h"
#include "quant/insert_qdq.h"
#include "quant/plan_dynamic.h"
#include "quant/plan_weights.h"
#include "quant/qdq.h"
#include "quant/quantize_tensor.h"
#include "support/calibrate.h"
#include "support/graph_builder.h"
#include "support/interpreter.h"
#include "support/json_fixture.h"
#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

namespace {

// Of calibration.
constexpr int kRuns = 8;

constexpr int64_t kDepth = 72, kColumns = 10, kHidden = 20;

struct Layer {
  std::string_view op;
  Shape x;
  std::vector<Shape> weights;  // from input 1 on; of Gather: input 0
  Attrs attributes = {};
  std::vector<int> reductions = {};  // of each weight: the axis of its blocks
};

std::vector<Layer> layers() {
  return {
      {"MatMul", {3, 5, kDepth}, {{kDepth, kColumns}}, {}, {0}},
      {"Gemm", {6, kDepth}, {{kColumns, kDepth}}, attrs({{"transB", int64_t{1}}}), {1}},
      {"LSTM", {4, 2, kDepth}, {{1, 4 * kHidden, kDepth}, {1, 4 * kHidden, kHidden}}, {}, {2, 2}},
      {"GRU",
       {4, 2, kDepth},
       {{2, 3 * kHidden, kDepth}, {2, 3 * kHidden, kHidden}},
       attrs({{"direction", std::string("bidirectional")}, {"linear_before_reset", int64_t{1}}}),
       {2, 2}},
  };
}

GraphBuilder network(const Layer& layer) {
  GraphBuilder b;
  std::vector<ValueId> inputs{b.input("x", layer.x)};
  for (const Shape& shape : layer.weights) inputs.push_back(b.random(shape, 0.3f));
  b.output(b.node(layer.op, inputs, layer.attributes));
  infer_shapes(b.graph);
  return b;
}

const Node& producer(const Graph& graph, ValueId id) { return graph.nodes[Uses(graph).producer[id]]; }

const Node& node_of(const Graph& graph, std::string_view op) {
  return *std::ranges::find(graph.nodes, op, [](const Node& n) { return n.op->name; });
}

Graph quantized(const Graph& graph, const WeightsOptions& options) {
  Graph made = insert_qdq(plan_weights(graph, options));
  verify(made);
  return made;
}

}  // namespace

TEST_CASE("weights are integers in blocks along their reduction, or by channel, and activations stay float") {
  for (const Layer& layer : layers())
    for (const int bits : {8, 4})
      for (const int64_t block : {0, 16, 32, 128})
        for (const bool symmetric : {true, false}) {
          CAPTURE(layer.op, bits, block, symmetric);
          const GraphBuilder b = network(layer);
          WeightsOptions options;
          options.weight_bits = bits;
          options.block = block;
          options.symmetric = symmetric;
          const Graph graph = quantized(b.graph, options);
          CHECK(count(graph, "DequantizeLinear") == static_cast<int>(layer.weights.size()));
          CHECK(std::ssize(graph.nodes) == 1 + std::ssize(layer.weights));
          const Node& node = node_of(graph, layer.op);
          for (std::size_t i = 0; i < layer.weights.size(); ++i) {
            const Node& dequantize = producer(graph, node.inputs[i + 1]);
            const QParams qparams = read_qparams(graph, dequantize).value();
            const Tensor& integers = *graph.constant_input(dequantize, 0);
            REQUIRE(integers.dtype() == DType::s8);
            CHECK(qparams.qmax == (bits == 8 ? 127 : 7));
            const int64_t depth = layer.weights[i][layer.reductions[i]],
                          rows = layer.weights[i].elements() / depth;
            const int64_t blocks = block == 0 ? 1 : (depth + block - 1) / block;
            CHECK(std::ssize(qparams.scale) == rows * blocks);
            if (block > 0) CHECK(qparams.axis == layer.reductions[i]);
            if (block > 0) CHECK(qparams.block == block);
            CHECK(std::ranges::all_of(qparams.zero_point, [](int32_t z) { return z == 0; }) == symmetric);
            const auto all = integers.span<int8_t>();
            const int low = bits == 4 ? -8 : symmetric ? -127 : -128;
            CHECK(std::ranges::all_of(all, [&](int8_t q) { return q >= low && q <= qparams.qmax; }));
            CHECK(std::ranges::any_of(all, [&](int8_t q) { return q == qparams.qmax; }));
          }
          // What is compiled is what the nodes say.
          GraphBuilder feeds = network(layer);
          const Batches batches = smooth_batches(feeds, layer.x, kRuns);
          Graph lowered = graph;
          lower(lowered, KernelPolicy{});
          CHECK(squared_error(graph, lowered, batches) == 0);
          CHECK(squared_error(b.graph, graph, batches) > 0);
        }
}

TEST_CASE("tables have a scale a row, or for blocks of it, and rows are picked as integers") {
  GraphBuilder b;
  b.output(b.node("Gather", {b.random({30, 40}), b.input("i", {2, 7}, DType::s64)}));
  infer_shapes(b.graph);
  Batches batches;
  batches.emplace_back().push_back(Tensor(DType::s64, {2, 7}));
  for (std::size_t i = 0; i < 14; ++i) batches[0][0].span<int64_t>()[i] = static_cast<int64_t>(i * 2);
  for (const int bits : {8, 4})
    for (const int64_t block : {0, 16, 64}) {
      CAPTURE(bits, block);
      WeightsOptions options;
      options.weight_bits = bits;
      options.block = block;
      const Graph graph = quantized(b.graph, options);
      const QParams qparams = read_qparams(graph, graph.nodes[0]).value();
      CHECK(qparams.axis == (block > 0 ? 1 : 0));
      CHECK(std::ssize(qparams.scale) == 30 * (block == 16 ? 3 : 1));
      Graph lowered = graph;
      lower(lowered, KernelPolicy{});
      CHECK(lowered[lowered.nodes[0].inputs[0]].dtype == DType::s8);
      CHECK(squared_error(graph, lowered, batches) == 0);
    }
}

TEST_CASE("activations are ranged while running where that is asked for") {
  for (const Layer& layer : layers())
    for (const int64_t block : {0, 32}) {
      CAPTURE(layer.op, block);
      WeightsOptions options;
      options.block = block;
      options.ranges_activations = true;
      const Graph graph = quantized(network(layer).graph, options);
      const bool is_recurrent = layer.weights.size() > 1;
      CHECK(count(graph, "DynamicQuantizeLinear") == (is_recurrent && block > 0 ? 0 : 1));
      CHECK(node_of(graph, layer.op).notes.quantized_state == (is_recurrent && block == 0));
    }
}

TEST_CASE("convolutions are quantized where they are asked for") {
  GraphBuilder b;
  b.output(b.node("Conv", {b.input("x", {1, 40, 5, 5}), b.random({6, 40, 3, 3})}));
  infer_shapes(b.graph);
  CHECK(count(quantized(b.graph, {}), "DequantizeLinear") == 0);
  WeightsOptions options;
  options.op_types = {"Conv"};
  options.block = 16;
  const Graph graph = quantized(b.graph, options);
  const QParams qparams = read_qparams(graph, graph.nodes[0]).value();
  CHECK(qparams.axis == 1);
  CHECK(qparams.scale.size() == 6 * 3 * 9);
}

TEST_CASE("weights of 2 to 8 bits, also where activations are quantized") {
  for (int bits = 2; bits <= 8; ++bits)
    for (const WeightRange range : {WeightRange::narrow, WeightRange::full}) {
      CAPTURE(bits, range == WeightRange::full);
      const GraphBuilder b = network(layers()[0]);
      DynamicOptions options;
      options.weight_bits = bits;
      options.weight_range = range;
      Graph graph = insert_qdq(plan_dynamic(b.graph, options));
      verify(graph);
      const Node& dequantize = producer(graph, node_of(graph, "MatMul").inputs[1]);
      const QParams qparams = read_qparams(graph, dequantize).value();
      const int qmax = (1 << (bits - 1)) - 1;
      CHECK(qparams.qmax == qmax);
      CHECK(dequantize.notes.empty() == (bits == 8));
      const auto integers = graph.constant_input(dequantize, 0)->span<int8_t>();
      CHECK(*std::ranges::max_element(integers) == qmax);
      CHECK(*std::ranges::min_element(integers) >= -qmax - (range == WeightRange::full ? 1 : 0));
      lower(graph, KernelPolicy{});
      CHECK(count(graph, bits > 4 ? "octavo.DynamicQGemm" : "octavo.DynamicInt4Gemm") == 1);
    }
  DynamicOptions options;
  for (const int bits : {1, 9, -1}) {
    options.weight_bits = bits;
    CHECK(error_of([&] { plan_dynamic(network(layers()[0]).graph, options); }) ==
          "InvalidOption: option 'weightBits', or 'bits', is a number from 2 to 8");
  }
}

// tools/fixtures/weights.py
TEST_CASE("scales, zero points and integers are those of NumPy") {
  for (const Json& test : read_json_fixture("weights.json")["cases"]) {
    const auto rows = static_cast<int64_t>(test["weights"].size()),
               columns = static_cast<int64_t>(test["weights"][0].size());
    Tensor weights(DType::f32, {rows, columns});
    for (int64_t i = 0; i < rows; ++i)
      std::ranges::copy(to_floats(test["weights"][i]), weights.span<float>().begin() + i * columns);
    const std::string scheme = test["scheme"];
    const int bits = test["bits"];
    const IntegerRange range = weight_integers(bits, WeightRange::full);
    CAPTURE(rows, columns, bits, scheme);
    const QParams qparams = choose_weight_qparams(
        weights.view(),
        {.axis = 1, .block = test["block"].get<int64_t>(), .qmin = range.qmin, .qmax = range.qmax},
        scheme == "symmetric" ? QScheme::symmetric : QScheme::affine,
        scheme == "hqq" ? Rounding::hqq : Rounding::nearest);
    const auto scales = test["scale"].get<std::vector<double>>();
    REQUIRE(qparams.scale.size() == scales.size());
    for (std::size_t i = 0; i < scales.size(); ++i) {
      CHECK(std::abs(static_cast<double>(qparams.scale[i]) - scales[i]) <= 1e-5 * scales[i]);
      CHECK(qparams.zero_point[i] == test["zero_point"][i].get<int>());
    }
    const Tensor integers = quantize_tensor(weights.view(), qparams, DType::s8);
    int64_t same = 0;
    for (int64_t i = 0; i < rows * columns; ++i)
      same += integers.span<int8_t>()[i] == test["integers"][i / columns][i % columns].get<int>();
    CHECK(same >= rows * columns * 999 / 1000);
  }
}

TEST_CASE("rounding with feedback makes what weights of few bits compute closer to float") {
  for (const Layer& layer : layers())
    for (const int64_t block : {0, 16})
      for (const bool symmetric : {true, false}) {
        CAPTURE(layer.op, block, symmetric);
        GraphBuilder b = network(layer);
        const Batches batches = smooth_batches(b, layer.x, kRuns);
        WeightsOptions options;
        options.weight_bits = 4;
        options.block = block;
        options.symmetric = symmetric;
        const Graph nearest = quantized(b.graph, options);
        options.rounding = Rounding::gptq;
        const QuantizationPlan plan = plan_weights(b.graph, options);
        Calibrator calibrator(plan);
        calibrate(plan, calibrator, batches);
        std::vector<Applied> applied;
        const Graph fed = insert_qdq(plan, &calibrator, &applied);
        verify(fed);
        REQUIRE(applied.size() == 1);
        CHECK(applied[0].layers == static_cast<int>(layer.weights.size()));
        CHECK(applied[0].gain_db.value() > 0);
        CHECK(squared_error(b.graph, fed, batches) < squared_error(b.graph, nearest, batches));
      }
}

TEST_CASE("what cannot be asked for is an error that names it") {
  const GraphBuilder b = network(layers()[0]);
  WeightsOptions options;
  options.rounding = Rounding::hqq;
  CHECK(error_of([&] { plan_weights(b.graph, options); }).starts_with("InvalidOption: option 'rounding'"));
  options = {};
  options.op_types = {"Relu"};
  CHECK(error_of([&] { plan_weights(b.graph, options); }) ==
        "InvalidOption: operator 'Relu' has no weights to quantize");
}
