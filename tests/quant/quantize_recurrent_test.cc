// LSTM, GRU and RNN, dynamically quantized and lowered.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "graph/qdq.h"
#include "passes/passes.h"
#include "quant/compare.h"
#include "quant/insert_qdq.h"
#include "quant/plan_dynamic.h"
#include "quant/plan_static.h"
#include "support/graph_builder.h"
#include "support/interpreter.h"
#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

namespace {

constexpr int64_t kInputs = 10, kHidden = 12;

// x [7, 3, I] → op → Y.
GraphBuilder network(const std::string& op, bool both, float second = 1) {
  GraphBuilder b;
  const int64_t d = both ? 2 : 1, gates = op == "LSTM" ? 4 : op == "GRU" ? 3 : 1;
  const auto weights = [&](int64_t depth) {
    Tensor w = b.random_tensor({d, gates * kHidden, depth}, 0.5f);
    for (float& x : w.span<float>().subspan(static_cast<std::size_t>(gates * kHidden * depth))) x *= second;
    return b.constant(std::move(w));
  };
  const ValueId x = b.input("x", {7, 3, kInputs}), w = weights(kInputs), r = weights(kHidden);
  b.output(b.node(op, {x, w, r, b.random({d, 2 * gates * kHidden})},
                  attrs({{"direction", std::string(both ? "bidirectional" : "reverse")}})));
  infer_shapes(b.graph);
  return b;
}

Graph quantized(const GraphBuilder& b, const DynamicOptions& options) {
  Graph graph = insert_qdq(plan_dynamic(b.graph, options));
  verify(graph);
  return graph;
}

const Node& node_of(const Graph& graph, std::string_view op) {
  return *std::ranges::find(graph.nodes, op, [](const Node& n) { return n.op->name; });
}

// The DequantizeLinear behind input i.
const Node& weights_of(const Graph& graph, const Node& node, std::size_t i) {
  return *std::ranges::find_if(graph.nodes, [&](const Node& n) { return n.outputs[0] == node.inputs[i]; });
}

std::vector<Tensor> feeds(GraphBuilder& b) {
  std::vector<Tensor> all;
  all.push_back(b.random_tensor({7, 3, kInputs}));
  return all;
}

}  // namespace

TEST_CASE("LSTM, GRU and RNN are quantized dynamically by default and become operators on integers") {
  for (const std::string op : {"LSTM", "GRU", "RNN"})
    for (const bool both : {false, true})
      for (const Granularity granularity : {Granularity::row, Granularity::tensor})
        for (const bool per_channel : {false, true}) {
          GraphBuilder b = network(op, both);
          DynamicOptions options;
          options.granularity = granularity;
          options.per_channel = per_channel;
          options.reduce_range = both;
          const Graph graph = quantized(b, options);
          INFO(dump(graph));
          CHECK(count(graph, "DynamicQuantizeLinear") == 1);
          CHECK(count(graph, "DequantizeLinear") == 3);
          CHECK(node_of(graph, op).notes == QuantizationNotes{.quantized_state = true});
          Graph on_integers = graph;
          CHECK(lower(on_integers, KernelPolicy{}).empty());
          verify(on_integers);
          INFO(dump(on_integers));
          CHECK(on_integers.nodes.size() == 1);
          const Node& node = node_of(on_integers, "octavo.DynamicQ" + op);
          CHECK(node.notes.granularity == granularity);
          CHECK(node.notes.qmax.value_or(255) == (both ? 127 : 255));
          const auto x = feeds(b);
          const auto expected = interpret(b.graph, x), fake = interpret(graph, x),
                     actual = interpret(on_integers, x);
          const auto sqnr = [](const Tensor& a, const Tensor& c) {
            return compare_tensors(a.span<float>(), c.span<float>()).sqnr_db;
          };
          CHECK(sqnr(expected[0], actual[0]) > 20);
          CHECK(sqnr(fake[0], actual[0]) > 20);
        }
}

TEST_CASE("each direction has scales of its own") {
  GraphBuilder b = network("LSTM", true, 1e-3f);
  DynamicOptions options;
  const auto qparams = [&](std::size_t input) {
    const Graph graph = quantized(b, options);
    return *read_qparams(graph, weights_of(graph, node_of(graph, "LSTM"), input));
  };
  options.per_channel = false;
  for (const std::size_t input : {1u, 2u}) {
    const QParams by_direction = qparams(input);
    CHECK(by_direction.axis == 0);
    REQUIRE(by_direction.scale.size() == 2);
    CHECK(by_direction.scale[1] < by_direction.scale[0] / 100);
  }
  options.per_channel = true;
  const QParams by_row = qparams(1);
  CHECK(by_row.axis == 2);
  CHECK(by_row.block == kInputs);
  CHECK(by_row.scale.size() == 2 * 4 * kHidden);
  CHECK(*std::ranges::max_element(by_row.scale.begin() + 4 * kHidden, by_row.scale.end()) <
        by_row.scale[0] / 100);
  b = network("LSTM", false);
  CHECK(qparams(1).axis == 1);
  CHECK(qparams(1).block == 0);
}

TEST_CASE("a recurrent network stays float where its weights are computed") {
  GraphBuilder b;
  const ValueId r = b.input("r", {1, 48, kHidden});
  b.output(b.node("LSTM", {b.input("x", {7, 3, kInputs}), b.random({1, 48, kInputs}), r}));
  infer_shapes(b.graph);
  CHECK(count(quantized(b, {}), "DynamicQuantizeLinear") == 0);
}

TEST_CASE("a network whose state is not said to be quantized keeps it in float") {
  GraphBuilder b = network("GRU", false);
  Graph graph = quantized(b, {});
  for (Node& node : graph.nodes) node.notes.quantized_state = false;
  const auto islands = lower(graph, KernelPolicy{});
  REQUIRE(islands.size() == 1);
  CHECK(islands[0].reason == "its state is float");
}

TEST_CASE("static quantization leaves recurrent networks float") {
  GraphBuilder b = network("LSTM", false);
  const QuantizationPlan plan = plan_static(b.graph, {});
  CHECK(plan.values.empty());
  CHECK(plan.operands.empty());
  StaticOptions options;
  options.op_types = {"LSTM"};
  CHECK(error_of([&] { plan_static(b.graph, options); }) ==
        "InvalidOption: operator 'LSTM' can only be quantized dynamically");
}

TEST_CASE("uint8 weights with a scale and zero_point a row become int8") {
  for (const int zero_point : {128, 3}) {
    GraphBuilder b = network("LSTM", true);
    Graph graph = quantized(b, {});
    const auto x = feeds(b);
    const auto expected = interpret(graph, x);
    for (const std::size_t input : {1u, 2u}) {
      const Node& dq = weights_of(graph, node_of(graph, "LSTM"), input);
      const Tensor& before = *graph.constant_input(dq, 0);
      Tensor after(DType::u8, before.shape()), zeros(DType::u8, graph.constant_input(dq, 2)->shape());
      for (uint8_t& z : zeros.span<uint8_t>()) z = static_cast<uint8_t>(zero_point);
      for (std::size_t i = 0; i < after.span<uint8_t>().size(); ++i)
        after.span<uint8_t>()[i] =
            static_cast<uint8_t>(std::clamp(before.span<int8_t>()[i] + zero_point, 0, 255));
      const std::vector<ValueId> operands = dq.inputs;
      graph[operands[0]].dtype = graph[operands[2]].dtype = DType::u8;
      graph[operands[0]].constant = std::make_shared<Tensor>(std::move(after));
      graph[operands[2]].constant = std::make_shared<Tensor>(std::move(zeros));
    }
    const auto unsigned_weights = interpret(graph, x);
    CHECK(recentre_weights(graph) == 2);
    CHECK(lower(graph, KernelPolicy{}).empty());
    CHECK(count(graph, "octavo.DynamicQLSTM") == 1);
    CHECK(compare_tensors(unsigned_weights[0].span<float>(), interpret(graph, x)[0].span<float>()).sqnr_db >
          20);
  }
}
