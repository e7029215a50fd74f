// Dynamic quantization with PyTorch's settings against outputs of torch.ao.quantization.quantize_dynamic.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "engine/engine.h"
#include "support/npy.h"

using namespace octavo;
using namespace octavo::test;

namespace {

const std::string kPyTorch = OCTAVO_FIXTURES_DIR "/pytorch/";

// quantize_dynamic(model, {Linear}, qint8) of PyTorch with the engine fbgemm.
DynamicOptions pytorch_options() {
  DynamicOptions options;
  options.per_channel = false;
  options.reduce_range = true;
  options.granularity = Granularity::tensor;
  options.weight_range = WeightRange::full;
  return options;
}

// Sample i of a batch of samples along axis 0, as a tensor of `shape`.
Tensor sample(const Tensor& samples, int64_t i, Shape shape) {
  const int64_t elements = shape.elements();
  return Tensor::of<float>(std::move(shape), std::span<const float>(samples.span<float>()).subspan(i * elements, elements));
}

// Runs the model on each sample and checks that no output is further than `tolerance` of the largest expected magnitude
// from the sample's expected one.
void check_outputs(Model& model, const std::vector<Tensor>& inputs, const Tensor& expected, float tolerance) {
  REQUIRE(expected.shape()[0] == static_cast<int64_t>(inputs.size()));
  const std::size_t length = expected.span<float>().size() / inputs.size();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Feed feeds[] = {{model.graph()[model.graph().inputs[0]].name, &inputs[i]}};
    const auto actual = model.run(feeds)[0].span<float>();
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

std::unique_ptr<Model> load(const std::string& path) {
  const std::string bytes = read_bytes(path);
  return Model::load(std::as_bytes(std::span(bytes)), KernelPolicy{});
}

void check_network(const std::string& model_path, const std::string& name, const std::vector<Tensor>& inputs) {
  const auto model = load(model_path);
  check_outputs(*model, inputs, read_npy<float>(kPyTorch + "dynamic-" + name + "-float.npy"), 1e-4f);
  const auto quantized = model->quantize_dynamic(pytorch_options());
  CHECK(quantized->describe().scheme == "dynamic");
  check_outputs(*quantized, inputs, read_npy<float>(kPyTorch + "dynamic-" + name + "-quantized.npy"), 1e-3f);
}

}  // namespace

TEST_CASE("a dynamically quantized MLP gives PyTorch's outputs") {
  const Tensor batches = read_npy<float>(kPyTorch + "dynamic-mlp-inputs.npy");
  std::vector<Tensor> inputs;
  for (int64_t i = 0; i < batches.shape()[0]; ++i)
    inputs.push_back(sample(batches, i, {batches.shape()[1], batches.shape()[2]}));
  check_network(kPyTorch + "mlp.onnx", "mlp", inputs);
}

TEST_CASE("a dynamically quantized ResNet-18 gives PyTorch's outputs") {
  const Tensor pixels = read_npy<uint8_t>(OCTAVO_FIXTURES_DIR "/float/images-224.npy");
  constexpr float kMean[] = {123.675f, 116.28f, 103.53f}, kDeviation[] = {58.395f, 57.12f, 57.375f};
  constexpr int64_t kImage = 224 * 224;
  std::vector<Tensor> inputs;
  for (int64_t i = 0; i < pixels.shape()[0]; ++i) {
    Tensor& input = inputs.emplace_back(DType::f32, Shape{1, 3, 224, 224});
    for (int64_t p = 0; p < kImage; ++p)
      for (int64_t c = 0; c < 3; ++c)
        input.span<float>()[c * kImage + p] =
            (pixels.span<uint8_t>()[(i * kImage + p) * 3 + c] - kMean[c]) / kDeviation[c];
  }
  check_network(OCTAVO_MODELS_DIR "/resnet18-quarter.onnx", "resnet18-quarter", inputs);
}
