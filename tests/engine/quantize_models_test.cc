// MNIST from float to a quantized file and back.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "support/models.h"

using namespace octavo;
using namespace octavo::test;

namespace {

const Network& mnist() { return kNetworks[3]; }

std::vector<float> run(Model& model, const Tensor& digit) {
  const Feed feed{"digits", &digit};
  const auto logits = model.run({&feed, 1}).at(0).span<float>();
  return {logits.begin(), logits.end()};
}

int count_correct(Model& model) {
  const Tensor digits = read_npy(text("{}/mnist-test-images.npy", OCTAVO_MODELS_DIR));
  const Tensor labels = read_npy(text("{}/mnist-test-labels.npy", OCTAVO_MODELS_DIR));
  int correct = 0;
  for (int64_t i = 0; i < digits.shape()[0]; ++i) {
    const std::vector<float> logits = run(model, network_input(mnist(), digits, i));
    correct += std::ranges::max_element(logits) - logits.begin() == labels.span<uint8_t>()[i];
  }
  return correct;
}

std::unique_ptr<Model> quantize_with(const Model& model, QuantizationPlan plan) {
  const Tensor digits = read_npy(text("{}/mnist-calibration-images.npy", OCTAVO_MODELS_DIR));
  const auto calibration = model.calibrate_for(std::move(plan));
  for (int64_t i = 0; i < digits.shape()[0]; ++i) {
    const Tensor digit = network_input(mnist(), digits, i);
    const Feed feed{"digits", &digit};
    calibration->observe({&feed, 1});
  }
  return calibration->finish();
}

std::unique_ptr<Model> quantize_static(const Model& model, const StaticOptions& options) {
  return quantize_with(model, plan_static(model.graph(), options));
}

std::unique_ptr<Model> written_and_read(const Model& model, const KernelPolicy& kernels = {}) {
  const std::string file = model.to_onnx();
  return Model::load(std::as_bytes(std::span(file)), kernels);
}

}  // namespace

TEST_CASE("Static int8 MNIST keeps its accuracy and has no float island") {
  const auto model = load_model("mnist.onnx");
  StaticOptions options;
  options.observer.kind =
      GENERATE(ObserverKind::minmax, ObserverKind::moving_average, ObserverKind::histogram);
  options.reduce_range = GENERATE(false, true);
  const auto quantized = quantize_static(*model, options);
  const Description description = quantized->describe();
  CHECK(description.scheme == "static");
  CHECK(description.islands.empty());
  const int expected = count_correct(*model);
  CHECK(expected >= 970);
  CHECK(std::abs(count_correct(*quantized) - expected) <= 3);
}

TEST_CASE("A quantized file means the same when it comes back") {
  const auto model = load_model("mnist.onnx");
  std::unique_ptr<Model> quantized;
  SECTION("static u8") { quantized = quantize_static(*model, {}); }
  SECTION("static u7") {
    StaticOptions options;
    options.reduce_range = true;
    quantized = quantize_static(*model, options);
  }
  SECTION("dynamic per row, convolutions included") {
    DynamicOptions options;
    options.op_types = {"Conv", "Gemm"};
    quantized = model->quantize_dynamic(options);
  }
  SECTION("dynamic as PyTorch does it") {
    DynamicOptions options;
    options.per_channel = false;
    options.reduce_range = true;
    options.granularity = Granularity::tensor;
    options.weight_range = WeightRange::full;
    quantized = model->quantize_dynamic(options);
  }
  const auto back = written_and_read(*quantized);
  CHECK(back->to_onnx() == quantized->to_onnx());
  const Tensor digits = read_npy(text("{}/mnist-test-images.npy", OCTAVO_MODELS_DIR));
  for (int64_t i = 0; i < 20; ++i) {
    const Tensor digit = network_input(mnist(), digits, i);
    CHECK(run(*quantized, digit) == run(*back, digit));
  }
}

// WASM modules do not hold the scalar rows.
#ifndef __wasm__
TEST_CASE("Every integer kernel gives the same bits on a whole network") {
  const auto model = load_model("mnist.onnx");
  StaticOptions options;
  options.reduce_range = GENERATE(false, true);
  const auto quantized = quantize_static(*model, options);
  KernelPolicy scalar;
  scalar.forced["gemm_s8"] = "scalar";
  scalar.forced["dwconv_s8"] = "scalar";
  const auto reference = written_and_read(*quantized, scalar);
  const Tensor digits = read_npy(text("{}/mnist-test-images.npy", OCTAVO_MODELS_DIR));
  for (int64_t i = 0; i < 20; ++i) {
    const Tensor digit = network_input(mnist(), digits, i);
    CHECK(run(*quantized, digit) == run(*reference, digit));
  }
}

#endif

TEST_CASE("Layers are compared by name") {
  const auto model = load_model("mnist.onnx");
  const auto quantized = quantize_static(*model, {});
  const Tensor digits = read_npy(text("{}/mnist-test-images.npy", OCTAVO_MODELS_DIR));
  const Tensor digit = network_input(mnist(), digits, 0);
  const Feed feed{"digits", &digit};
  const auto layers = model->compare_layers(*quantized)->compare({&feed, 1});
  REQUIRE(layers.size() >= 4);
  for (const LayerComparison& layer : layers) {
    CAPTURE(layer.name);
    CHECK(layer.comparison.cosine > 0.99);
  }
}

TEST_CASE("Forcing a kernel that is not there is an error") {
  KernelPolicy policy;
  policy.forced["gemm_s8"] = "no_such_kernel";
  CHECK_THROWS_AS(describe_engine(policy), Error);
}

TEST_CASE("A mixed plan is obeyed, written and read back") {
  const auto model = load_model("mnist.onnx");
  QuantizationPlan plan = plan_static(model->graph(), StaticOptions{});
  std::vector<OperandId> weights;
  for (const auto& [operand, spec] : plan.operands)
    if (spec.dtype == DType::s8) weights.push_back(operand);
  REQUIRE(weights.size() == 3);         // the last one stays per channel
  plan.operands[weights[0]].axis = -1;  // per tensor
  plan.operands.erase(weights[1]);      // float
  const Node& observed = plan.graph.nodes[weights[2].node];
  plan.values.at(observed.inputs[0]).observer.kind = ObserverKind::minmax;
  const std::string float_layer = plan.graph.nodes[weights[1].node].name;
  const auto quantized = quantize_with(*model, std::move(plan));
  const auto back = written_and_read(*quantized);
  for (Model* each : {quantized.get(), back.get()}) {
    const Description description = each->describe();
    CHECK(description.scheme == "static");
    // The Relu behind it is what its integers saturate to.
    REQUIRE(description.islands.size() == 1);
    CHECK(description.islands[0].node == float_layer);
    CHECK(count_correct(*each) >= count_correct(*model) - 5);
  }
  CHECK(dump(back->graph()) == dump(quantized->graph()));
}
