// Channels of convolutions evened out, against tools/fixtures/equalize.py.
#include "quant/equalize.h"

#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "passes/passes.h"
#include "quant/insert_qdq.h"
#include "quant/plan_static.h"
#include "quant/qdq.h"
#include "support/calibrate.h"
#include "support/graph_builder.h"
#include "support/interpreter.h"
#include "support/json_fixture.h"

using namespace octavo;
using namespace octavo::test;

namespace {

Tensor tensor(const Json& values, Shape shape) {
  const std::vector<float> floats = to_floats(values);
  return Tensor::of<float>(std::move(shape), std::span<const float>(floats));
}

Shape shape_of(const Json& dims) {
  const auto d = dims.get<std::vector<int64_t>>();
  return {d[0], d[1], d[2], d[3]};
}

struct Network {
  GraphBuilder b;
  std::vector<ValueId> between;
  Batches batches;
};

Network network_of(const Json& c) {
  Network network;
  GraphBuilder& b = network.b;
  network.batches.emplace_back().push_back(tensor(c["x"]["values"], shape_of(c["x"]["shape"])));
  ValueId x = b.input("x", shape_of(c["x"]["shape"]));
  const float low = to_float(c["low"]), bound = to_float(c["bound"]);
  int layer = 0;
  for (const Json& each : c["layers"]) {
    const Shape shape = shape_of(each["shape"]);
    x = b.node("Conv",
               {x, b.constant(tensor(each["weights"], shape)), b.constant(tensor(each["bias"], {shape[0]}))},
               attrs({{"group", layer == 1 ? shape[0] : int64_t{1}}}));
    if (++layer == 3) break;
    if (std::isfinite(bound))
      x = b.node("Clip", {x, b.constant({}, {low}), b.constant({}, {bound})});
    else if (std::isfinite(low))
      x = b.node("Relu", {x});
    network.between.push_back(x);
  }
  b.output(x);
  infer_shapes(b.graph);
  return network;
}

StaticOptions options_of(bool equalize) {
  StaticOptions options;
  options.per_channel = false;
  options.observer.kind = ObserverKind::minmax;
  options.rounding = Rounding::nearest;
  options.bias_correction = false;
  options.equalize = equalize;
  return options;
}

bool agrees(double ours, double theirs) { return std::abs(ours - theirs) <= 1e-5 * std::abs(theirs); }

double error(const Graph& graph, const Graph& other, const Batches& batches) {
  const Tensor a = interpret(graph, batches[0])[0], b = interpret(other, batches[0])[0];
  double sum = 0;
  for (int64_t i = 0; i < a.shape().elements(); ++i)
    sum += std::pow(static_cast<double>(a.span<float>()[i]) - static_cast<double>(b.span<float>()[i]), 2);
  return sum;
}

int pairs_of(const Graph& graph) {
  const QuantizationPlan plan = plan_static(graph, options_of(true));
  int pairs = 0;
  for (const Node& node : observed_graph(plan).nodes)
    pairs += node.lowered.observed >= ProductIds(plan.graph).channels(0);
  return pairs;
}

}  // namespace

TEST_CASE("scales of equalized activations and weights are those of NumPy") {
  const Json fixture = read_json_fixture("equalize.json");
  for (const Json& c : fixture["cases"]) {
    CAPTURE(c["bound"].dump(), c["low"].dump());
    const Network network = network_of(c);
    QuantizationPlan plan = plan_static(network.b.graph, options_of(true));
    Calibrator calibrator(plan);
    calibrate(plan, calibrator, network.batches);
    const auto check_scales = [&](const Json& expected) {
      for (std::size_t i = 0; i < 2; ++i) {
        const ValueRange range = calibrator.range(network.between[i]);
        CHECK(agrees(choose_activation_qparams(range, 0, 255).scale[0], expected["activations"][i]));
      }
      std::size_t layer = 0;
      for (const Node& node : plan.graph.nodes) {
        if (node.op->name != "Conv") continue;
        const ValueRange range = find_range(plan.graph.constant_input(node, 1)->span<float>());
        CHECK(agrees(choose_qparams(range, -127, 127, QScheme::symmetric).scale[0],
                     expected["weights"][layer++]));
      }
    };
    check_scales(c["before"]);
    const Applied applied = equalize(plan, calibrator);
    CHECK(applied.layers == 2);
    CHECK(applied.unchanged == 0);
    CHECK(*applied.gain_db > 1);
    check_scales(c["after"]);
    // The same function, and its integers nearer to it.
    CHECK(error(network.b.graph, plan.graph, network.batches) < 1e-6);
    const QuantizationPlan plain = plan_static(network.b.graph, options_of(false));
    Calibrator other(plain);
    calibrate(plain, other, network.batches);
    CHECK(error(network.b.graph, insert_qdq(plan, &calibrator), network.batches) <
          error(network.b.graph, insert_qdq(plain, &other), network.batches));
  }
}

TEST_CASE("feedback and bias correction see what equalization has made of inputs") {
  const Network network = network_of(read_json_fixture("equalize.json")["cases"][0]);
  StaticOptions options = options_of(true);
  options.rounding = Rounding::gptq;
  QuantizationPlan plan = plan_static(network.b.graph, options);
  Calibrator calibrator(plan);
  calibrate(plan, calibrator, network.batches);
  equalize(plan, calibrator);
  Calibrator again(plan);
  calibrate(plan, again, network.batches);
  for (uint32_t n = 0; n < plan.graph.nodes.size(); ++n) {
    if (plan.graph.nodes[n].op->name != "Conv") continue;
    const int64_t id = ProductIds(plan.graph).of(plan.graph, {n, 1});
    const Gram *const divided = calibrator.gram(id), *const seen = again.gram(id);
    REQUIRE(divided != nullptr);
    REQUIRE(seen != nullptr);
    for (int64_t group = 0; group < seen->groups(); ++group)
      for (int64_t i = 0; i < seen->depth(); ++i) {
        const double size = seen->product(group, i, i);
        CHECK(std::abs(divided->product(group, i, i) - size) <= 1e-4 * size);
        CHECK(std::abs(divided->mean(group, i) - seen->mean(group, i)) <= 1e-4 * std::sqrt(size));
      }
  }
}

TEST_CASE("what others read, too, and what is clamped from below elsewhere is no pair") {
  const auto pairs = [](auto build) {
    GraphBuilder b;
    build(b, b.input("x", {1, 4, 6, 6}));
    infer_shapes(b.graph);
    return pairs_of(b.graph) > 0;
  };
  const auto conv = [](GraphBuilder& b, ValueId x) {
    return b.node("Conv", {x, b.random({4, 4, 1, 1}), b.random({4})});
  };
  CHECK(pairs([&](GraphBuilder& b, ValueId x) { b.output(conv(b, conv(b, x))); }));
  CHECK(pairs([&](GraphBuilder& b, ValueId x) { b.output(conv(b, b.node("Relu", {conv(b, x)}))); }));
  CHECK_FALSE(pairs([&](GraphBuilder& b, ValueId x) {
    const ValueId y = conv(b, x);
    b.output(b.node("Add", {y, conv(b, y)}));
  }));
  CHECK_FALSE(pairs([&](GraphBuilder& b, ValueId x) { b.output(conv(b, b.node("Sigmoid", {conv(b, x)}))); }));
  CHECK_FALSE(pairs([&](GraphBuilder& b, ValueId x) {
    const ValueId clip = b.node("Clip", {conv(b, x), b.constant({}, {-1}), b.constant({}, {1})});
    b.output(conv(b, clip));
  }));
  // One matrix of weights for both.
  CHECK_FALSE(pairs([&](GraphBuilder& b, ValueId x) {
    const ValueId w = b.random({4, 4, 1, 1});
    b.output(b.node("Conv", {b.node("Conv", {x, w}), w}));
  }));
}

TEST_CASE("with a scale for each channel what equalization does not make better stays as it is") {
  const Network network = network_of(read_json_fixture("equalize.json")["cases"][0]);
  StaticOptions options = options_of(true);
  options.per_channel = true;
  QuantizationPlan plan = plan_static(network.b.graph, options);
  Calibrator calibrator(plan);
  calibrate(plan, calibrator, network.batches);
  const Applied applied = equalize(plan, calibrator);
  CHECK(applied.layers + applied.unchanged == 2);
  CHECK((applied.layers == 0 || *applied.gain_db > 0));
  verify(insert_qdq(plan, &calibrator));
}
