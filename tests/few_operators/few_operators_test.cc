// An engine with the operators of models/mnist.onnx and no others (OCTAVO_OPERATORS): what it runs, and what it
// refuses.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <set>

#include "support/models.h"

using namespace octavo;
using namespace octavo::test;

namespace {

const Network& mnist() { return kNetworks[3]; }

std::vector<int64_t> classes(Model& model, int64_t count) {
  const Tensor digits = read_npy(text("{}/mnist-test-images.npy", OCTAVO_MODELS_DIR));
  std::vector<int64_t> classes;
  for (int64_t i = 0; i < count; ++i) {
    const Tensor digit = network_input(mnist(), digits, i);
    const Feed feed{"digits", &digit};
    const auto logits = model.run({&feed, 1}).at(0).span<float>();
    classes.push_back(std::ranges::max_element(logits) - logits.begin());
  }
  return classes;
}

}  // namespace

TEST_CASE("An engine of one network's operators has these and no others") {
  std::set<std::string> known;
  for (const OperatorInfo& info : supported_operators()) known.insert(std::string(info.type));
  CHECK(known.contains("Conv"));
  CHECK_FALSE(known.contains("Sigmoid"));  // a row of a table
  CHECK_FALSE(known.contains("Softmax"));
  CHECK_FALSE(known.contains("ReduceSum"));
  const auto model = load_model("mnist.onnx");
  CHECK(model->needed_operators().size() > 5);
}

TEST_CASE("It runs the network, quantizes it in both ways, and runs these") {
  const auto model = load_model("mnist.onnx");
  const std::vector<int64_t> expected = classes(*model, 20);
  const auto dynamic = model->quantize_dynamic({});
  CHECK(classes(*dynamic, 20) == expected);

  const auto calibration = model->calibrate(StaticOptions{});
  const Tensor digits = read_npy(text("{}/mnist-calibration-images.npy", OCTAVO_MODELS_DIR));
  for (int64_t i = 0; i < 20; ++i) {
    const Tensor digit = network_input(mnist(), digits, i);
    const Feed feed{"digits", &digit};
    calibration->observe({&feed, 1});
  }
  const auto quantized = calibration->finish();
  CHECK(classes(*quantized, 20) == expected);
  CHECK(quantized->describe().islands.empty());

  const std::string file = quantized->to_onnx();
  CHECK(classes(*Model::load(std::as_bytes(std::span(file)), {}), 20) == expected);
}

TEST_CASE("It refuses a network with others by their names") {
  try {
    load_model("ppocr-cls.onnx");
    FAIL("it was loaded");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::unsupported);
    CHECK(std::string_view(error.what()).starts_with("these operators are not supported (opset "));
    CHECK(std::string_view(error.what()).contains("Softmax"));
  }
}
