#include "quant/quantization_plan.h"

#include <catch2/catch_test_macros.hpp>

#include "graph/op_def.h"
#include "graph/qdq.h"
#include "passes/passes.h"
#include "quant/insert_qdq.h"
#include "quant/plan_static.h"
#include "runtime/executor.h"
#include "support/graph_builder.h"
#include "support/interpreter.h"
#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

namespace {

// x → first → second → third → fourth, four products of rows.
GraphBuilder four_layers() {
  GraphBuilder b;
  ValueId x = b.input("x", {4, 6});
  for (const char* name : {"first", "second", "third", "fourth"}) {
    x = b.node("MatMul", {x, b.random({6, 6})});
    b.graph[x].name = b.graph.nodes.back().name = name;
  }
  b.output(x);
  infer_shapes(b.graph);
  return b;
}

ValueId value_named(const Graph& graph, std::string_view name) {
  for (ValueId id = 0; id < graph.values.size(); ++id)
    if (graph[id].name == name) return id;
  FAIL("no value " << name);
  return kNoValue;
}

// Observes the batches, then obeys the plan.
Graph obey(const QuantizationPlan& plan, const std::vector<Tensor>& batches) {
  Calibrator calibrator(plan);
  Graph observed = observed_graph(plan);
  lower(observed, KernelPolicy{});
  Executor executor(compile(std::move(observed), KernelPolicy{}));
  for (const Tensor& batch : batches) {
    const Feed feed{"x", &batch};
    executor.run({&feed, 1}, &calibrator);
  }
  Graph quantized = insert_qdq(plan, &calibrator);
  verify(quantized);
  return quantized;
}

// What the DequantizeLinear says that computes input i of the node of that name; nothing where the input is float.
std::optional<QParams> qparams_of(const Graph& graph, std::string_view name, std::size_t i) {
  const Uses uses(graph);
  for (const Node& node : graph.nodes) {
    if (node.name != name) continue;
    const uint32_t n = uses.producer[node.inputs[i]];
    if (n == Uses::kNone || !is_dequantize(graph.nodes[n])) return std::nullopt;
    return read_qparams(graph, graph.nodes[n]);
  }
  FAIL("no node " << name);
  return std::nullopt;
}

}  // namespace

TEST_CASE("a plan that is filled by hand is obeyed, layer by layer") {
  GraphBuilder b = four_layers();
  QuantizationPlan plan;
  plan.graph = b.graph;
  const auto weight = [](int axis) {
    return QuantSpec{
        .source = RangeSource::constant, .dtype = DType::s8, .qmin = -127, .qmax = 127, .axis = axis};
  };
  const QuantSpec minmax{.observer = {.kind = ObserverKind::minmax}};
  QuantSpec averaged{.qmax = 127,
                     .observer = {.kind = ObserverKind::moving_average, .averaging_constant = 0.5f}};
  // first: per tensor. second: per channel, its input of 7 bits from another observer. third: float. fourth: its weight
  // alone.
  plan.values[b.graph.inputs[0]] = minmax;
  plan.values[value_named(b.graph, "first")] = averaged;
  plan.values[value_named(b.graph, "second")] = minmax;
  plan.operands[{0, 1}] = weight(-1);
  plan.operands[{1, 1}] = weight(1);
  plan.operands[{3, 1}] = weight(1);
  std::vector<Tensor> batches;
  for (float deviation : {1.0f, 3.0f}) batches.push_back(b.random_tensor({4, 6}, deviation));
  const Graph quantized = obey(plan, batches);

  CHECK(qparams_of(quantized, "first", 1)->per_tensor());
  CHECK(qparams_of(quantized, "second", 1)->axis == 1);
  CHECK(qparams_of(quantized, "second", 0)->qmax == 127);
  CHECK_FALSE(qparams_of(quantized, "third", 1));
  CHECK(qparams_of(quantized, "fourth", 1)->axis == 1);
  CHECK_FALSE(qparams_of(quantized, "fourth", 0));

  SECTION("the observer is the one that was asked for") {
    QuantizationPlan other = plan;
    other.values[value_named(b.graph, "first")].observer.kind = ObserverKind::minmax;
    CHECK(qparams_of(obey(other, batches), "second", 0)->scale > qparams_of(quantized, "second", 0)->scale);
  }
  SECTION("lowering obeys it, too: what is planned whole computes on integers, the rest stays float") {
    Graph lowered = quantized;
    const auto islands = lower(lowered, KernelPolicy{});
    CHECK(count(lowered, "octavo.QGemm") == 2);
    REQUIRE(islands.size() == 2);
    CHECK((islands[0].node == "third" && islands[1].node == "fourth"));
    std::vector<Tensor> feeds;
    feeds.push_back(b.random_tensor({4, 6}));
    CHECK(largest_difference(interpret(lowered, feeds)[0].view(), interpret(quantized, feeds)[0].view()) <
          0.2f);
  }
}

TEST_CASE("a plan of a quantizer may be edited before it is obeyed") {
  GraphBuilder b = four_layers();
  QuantizationPlan plan = plan_static(b.graph, StaticOptions{});
  plan.operands.erase({2, 1});
  plan.operands[{1, 1}].axis = -1;
  std::vector<Tensor> batches;
  batches.push_back(b.random_tensor({4, 6}));
  const Graph quantized = obey(plan, batches);
  CHECK_FALSE(qparams_of(quantized, "third", 1));
  CHECK(qparams_of(quantized, "second", 1)->per_tensor());
  CHECK(qparams_of(quantized, "fourth", 1)->axis == 1);
}

TEST_CASE("a plan that nothing computes is refused, with the node") {
  GraphBuilder b = four_layers();
  const auto refused = [&](OperandId operand, const QuantSpec& spec) {
    QuantizationPlan plan;
    plan.graph = b.graph;
    plan.operands[operand] = spec;
    const std::string error = error_of([&] { insert_qdq(plan); });
    INFO(error);
    return error.starts_with("InvalidOption: MatMul node 'second'");
  };
  const QuantSpec weight{
      .source = RangeSource::constant, .dtype = DType::s8, .qmin = -127, .qmax = 127, .axis = 1};
  QuantSpec wrong = weight;
  CHECK(refused({1, 0}, weight));  // no constant
  wrong.axis = 2;
  CHECK(refused({1, 1}, wrong));
  wrong = weight;
  wrong.qmax = 128;
  CHECK(refused({1, 1}, wrong));
  wrong = weight;
  wrong.dtype = DType::f64;
  CHECK(refused({1, 1}, wrong));
  CHECK(refused({1, 1}, {.source = RangeSource::run_time}));
  CHECK(refused({1, 2}, weight));
  wrong = weight;
  wrong.axis = 0;  // no channels there
  CHECK(refused({1, 1}, wrong));
  wrong = weight;
  wrong.qmin = -7;
  CHECK(refused({1, 1}, wrong));

  const auto refused_value = [&](ValueId id, const QuantSpec& spec) {
    QuantizationPlan plan;
    plan.graph = b.graph;
    plan.values[id] = spec;
    return error_of([&] { insert_qdq(plan); }).starts_with("InvalidOption: value");
  };
  const ValueId x = b.graph.inputs[0];
  CHECK(refused_value(x, {.dtype = DType::s8}));
  CHECK(refused_value(x, {.qmax = 256}));
  CHECK(refused_value(x, {.range_of = value_named(b.graph, "first")}));  // which has no range
  CHECK(refused_value(10000, {}));
  CHECK(refused_value(b.graph.nodes[0].inputs[1], {}));  // a constant
  QuantizationPlan plan;
  plan.graph = b.graph;
  plan.operands[{99, 0}] = weight;
  CHECK(error_of([&] { insert_qdq(plan); }).starts_with("InvalidOption"));
}

TEST_CASE("a plan that observes needs what was observed") {
  GraphBuilder b = four_layers();
  CHECK(error_of([&] {
          insert_qdq(plan_static(b.graph, StaticOptions{}));
        }).starts_with("InvalidData: no calibration data for 'x'"));
}

TEST_CASE("a constant that is a weight here and an activation there has a form for each") {
  for (const bool reduce_range : {false, true}) {
    GraphBuilder b;
    const ValueId w = b.constant({2, 2}, {1, 2, 3, 4});
    b.output(b.node("Add", {b.node("MatMul", {b.input("x", {2, 2}), w}), w}));
    infer_shapes(b.graph);
    StaticOptions options;
    options.reduce_range = reduce_range;
    options.per_channel = false;
    options.op_types = {"Add", "MatMul"};
    std::vector<Tensor> batches;
    batches.push_back(b.random_tensor({2, 2}));
    Graph quantized = obey(plan_static(b.graph, options), batches);
    CHECK(lower(quantized, KernelPolicy{}).empty());
  }
}
