// One calibration, several networks: parts of MNIST's and of MobileNet's kind.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "graph/qdq.h"
#include "support/models.h"

using namespace octavo;
using namespace octavo::test;

namespace {

const Network& mnist() { return kNetworks[3]; }

std::unique_ptr<Calibration> calibrated(const Model& model, const StaticOptions& options) {
  const Tensor digits = read_npy(text("{}/mnist-calibration-images.npy", OCTAVO_MODELS_DIR));
  auto calibration = model.calibrate(options);
  for (int64_t i = 0; i < std::min<int64_t>(digits.shape()[0], 16); ++i) {
    const Tensor digit = network_input(mnist(), digits, i);
    const Feed feed{"digits", &digit};
    calibration->observe({&feed, 1});
  }
  return calibration;
}

// Nodes whose weights are integers, by name.
std::vector<std::string> with_integer_weights(const Model& model) {
  const Graph& graph = model.graph();
  const Uses uses(graph);
  std::vector<std::string> names;
  for (const Node& node : graph.nodes) {
    const auto weight = node.op->quant.input_of(OperandRole::weight);
    if (!weight || !node.has_input(*weight)) continue;
    const uint32_t producer = uses.producer[node.inputs[*weight]];
    if (producer != Uses::kNone && is_dequantize(graph.nodes[producer])) names.push_back(node.name);
  }
  return names;
}

int count(const Model& model, std::string_view op) {
  return static_cast<int>(
      std::ranges::count_if(model.graph().nodes, [&](const Node& node) { return node.op->name == op; }));
}

}  // namespace

TEST_CASE("A part of all is the whole, and is as often as it is asked for") {
  const auto model = load_model("mnist.onnx");
  for (const bool smooths : {false, true}) {
    StaticOptions options;
    options.smoothing = smooths ? 0.5 : 0;
    options.equalize = smooths;
    const auto calibration = calibrated(*model, options);
    const std::string whole = calibration->finish()->to_onnx();
    CHECK(calibration->finish_part({})->to_onnx() == whole);
    CHECK(calibration->finish_part({})->to_onnx() == whole);
    CHECK(calibration->finish()->to_onnx() == whole);
  }
}

TEST_CASE("What is left out of one calibration is as if it had been left out of it from the beginning") {
  const auto model = load_model("mnist.onnx");
  StaticOptions options;
  options.observer.kind = ObserverKind::minmax;
  const auto calibration = calibrated(*model, options);
  const std::vector<std::string> layers = calibration->layers();
  REQUIRE(layers.size() == 3);
  for (const std::string& name : layers) {
    INFO(name);
    StaticOptions without = options;
    without.exclude = {name};
    const auto part = calibration->finish_part({.exclude = {name}});
    const auto alone = calibration->finish_part({.only = {name}});
    const auto expected = calibrated(*model, without)->finish();
    CHECK(with_integer_weights(*part) == with_integer_weights(*expected));
    const std::vector<std::string> of_one = with_integer_weights(*alone);
    CHECK(of_one.size() <= 1);
    if (of_one.size() == 1) CHECK(of_one[0] == name);
    CHECK(count(*part, "QuantizeLinear") <= count(*expected, "QuantizeLinear"));
  }
  CHECK_THROWS_AS(calibration->finish_part({.only = {"nowhere"}}), Error);
  CHECK_THROWS_AS(calibration->finish_part({.exclude = {"nowhere"}}), Error);
}

TEST_CASE("Weights or activations of a part are quantized by themselves") {
  const auto model = load_model("mnist.onnx");
  const auto calibration = calibrated(*model, {});
  const auto weights = calibration->finish_part({.part = PlanPart::weights});
  CHECK(count(*weights, "QuantizeLinear") == 0);
  CHECK(with_integer_weights(*weights) == with_integer_weights(*calibration->finish()));
  const auto activations = calibration->finish_part({.part = PlanPart::activations});
  CHECK(with_integer_weights(*activations).empty());
  CHECK(count(*activations, "QuantizeLinear") == count(*calibration->finish(), "QuantizeLinear"));
  CHECK(count(*activations, "DequantizeLinear") == count(*activations, "QuantizeLinear"));
  for (Model* const each : {weights.get(), activations.get()}) {
    const Tensor digit =
        network_input(mnist(), read_npy(text("{}/mnist-test-images.npy", OCTAVO_MODELS_DIR)), 0);
    const Feed feed{"digits", &digit};
    CHECK(each->run({&feed, 1}).size() == 1);
  }
}
