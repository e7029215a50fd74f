// The four networks against ONNX Runtime's float outputs: tests/fixtures/float/README.md.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "support/models.h"

using namespace octavo;
using namespace octavo::test;

TEST_CASE("Float outputs agree with ONNX Runtime's") {
  const auto& network = GENERATE(from_range(kNetworks));
  CAPTURE(network.file);
  const auto model = load_model(network.file);
  const Tensor pixels = read_npy(text("{}/float/{}", OCTAVO_FIXTURES_DIR, network.pixels));
  const Tensor expected = read_npy(text("{}/float/{}", OCTAVO_FIXTURES_DIR, network.outputs));
  const int64_t classes = expected.shape()[1];
  float largest = 0, difference = 0;
  for (int64_t i = 0; i < expected.shape()[0]; ++i) {
    const Tensor input = network_input(network, pixels, i);
    const Feed feed{model->graph()[model->graph().inputs[0]].name, &input};
    const auto actual = model->run({&feed, 1}).at(0).span<float>();
    REQUIRE(static_cast<int64_t>(actual.size()) == classes);
    for (int64_t c = 0; c < classes; ++c) {
      const float reference = expected.span<float>()[i * classes + c];
      largest = std::max(largest, std::abs(reference));
      difference = std::max(difference, std::abs(actual[c] - reference));
    }
  }
  CHECK(difference <= 1e-4f * largest);
}

TEST_CASE("Descriptions count what is in a model") {
  const auto model = load_model("resnet18-quarter.onnx");
  const Description resnet = model->describe();
  const auto count = [&](std::string_view name) {
    const auto found = std::ranges::find(resnet.operators, name, &std::pair<std::string_view, int>::first);
    return found == resnet.operators.end() ? 0 : found->second;
  };
  CHECK(count("Conv") == 20);
  CHECK(count("BatchNormalization") == 0);
  CHECK(resnet.scheme == "none");
  CHECK(model->graph()[model->graph().inputs[0]].shape == Shape{kDynamic, 3, 224, 224});
  // 1.8 GMAC at full width; all but the first layer and the last shrink to a sixteenth.
  CHECK(resnet.macs > 100'000'000);
  CHECK(resnet.macs < 200'000'000);
}

TEST_CASE("Layers say how large they are and what would be quantized") {
  const auto model = load_model("mnist.onnx");
  const std::vector<LayerInfo> layers = model->layers();
  int64_t parameters = 0;
  for (const LayerInfo& layer : layers) {
    parameters += layer.parameters;
    if (layer.node.op->name == "Conv") CHECK(layer.quantizes == "static");
    if (layer.node.op->name == "Gemm") CHECK(layer.quantizes == "dynamic");
    if (layer.node.op->name == "Relu") CHECK(layer.quantizes == "");  // it belongs to the node before
  }
  CHECK(parameters == model->describe().parameters);
  CHECK(layers.size() == model->graph().nodes.size());
}

TEST_CASE("Metadata go where the model goes") {
  const auto model = load_model("mnist.onnx");
  model->set_metadata("octavo.test", "one");
  model->set_metadata("octavo.test", "two");
  const auto quantized = model->quantize_dynamic({});
  const std::string file = quantized->to_onnx();
  const auto again = Model::load(std::as_bytes(std::span(file)), {});
  CHECK(std::ranges::count(again->describe().metadata,
                           std::pair<std::string, std::string>("octavo.test", "two")) == 1);
  CHECK(std::ranges::count(again->describe().metadata, std::string("octavo.test"),
                           [](const auto& e) { return e.first; }) == 1);
}
