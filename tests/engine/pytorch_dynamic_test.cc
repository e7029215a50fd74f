// Dynamic quantization with PyTorch's settings against outputs of torch.ao.quantization.quantize_dynamic.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "support/models.h"
#include "support/pytorch.h"

using namespace octavo;
using namespace octavo::test;

namespace {

const std::string kPyTorch = OCTAVO_FIXTURES_DIR "/pytorch/";

// Runs the model on each input and checks that no output is further than `tolerance` of the largest expected magnitude
// from the expected one. Input `skipped` has none.
void check_outputs(Model& model, const std::vector<Tensor>& inputs, const Tensor& expected, float tolerance,
                   std::optional<std::size_t> skipped = {}) {
  REQUIRE(expected.shape()[0] == static_cast<int64_t>(inputs.size()));
  const std::size_t length = expected.span<float>().size() / inputs.size();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (i == skipped) continue;
    const Feed feed{model.graph()[model.graph().inputs[0]].name, &inputs[i]};
    const auto actual = model.run({&feed, 1})[0].span<float>();
    const auto wanted = expected.span<float>().subspan(i * length, length);
    REQUIRE(actual.size() == length);
    float difference = 0, largest = 0;
    for (std::size_t j = 0; j < length; ++j) {
      difference = std::max(difference, std::abs(actual[j] - wanted[j]));
      largest = std::max(largest, std::abs(wanted[j]));
    }
    CAPTURE(i, difference, largest);
    CHECK(difference <= tolerance * largest);
  }
}

void check_network(Model& model, const std::string& name, const std::vector<Tensor>& inputs,
                   std::optional<std::size_t> skipped = {}) {
  check_outputs(model, inputs, read_npy(kPyTorch + "dynamic-" + name + "-float.npy"), 1e-4f);
  const auto quantized = model.quantize_dynamic(pytorch_options());
  const Description description = quantized->describe();
  CHECK(description.scheme == "dynamic");
  CHECK(description.integer_nodes > 0);
  check_outputs(*quantized, inputs, read_npy(kPyTorch + "dynamic-" + name + "-quantized.npy"), 1e-3f,
                skipped);
}

}  // namespace

TEST_CASE("A dynamically quantized MLP gives PyTorch's outputs") {
  const Tensor batches = read_npy(kPyTorch + "dynamic-mlp-inputs.npy");
  // fbgemm takes no scale below 6.1e-5, so that the inputs of this batch, all smaller, become zeros there. ONNX has no
  // such limit.
  constexpr std::size_t kTinyBatch = 5;
  const Shape shape{batches.shape()[1], batches.shape()[2]};
  std::vector<Tensor> inputs;
  for (int64_t i = 0; i < batches.shape()[0]; ++i)
    inputs.push_back(Tensor::of<float>(
        shape,
        std::span<const float>(batches.span<float>()).subspan(i * shape.elements(), shape.elements())));
  const std::vector<char> file = read_bytes(kPyTorch + "mlp.onnx");
  check_network(*Model::load(std::as_bytes(std::span(file)), {}), "mlp", inputs, kTinyBatch);
}

TEST_CASE("A dynamically quantized ResNet-18 gives PyTorch's outputs") {
  const Network& resnet = kNetworks[1];
  const Tensor pixels = read_npy(text("{}/float/{}", OCTAVO_FIXTURES_DIR, resnet.pixels));
  std::vector<Tensor> inputs;
  for (int64_t i = 0; i < pixels.shape()[0]; ++i) inputs.push_back(network_input(resnet, pixels, i));
  check_network(*load_model(resnet.file), "resnet18-quarter", inputs);
}
