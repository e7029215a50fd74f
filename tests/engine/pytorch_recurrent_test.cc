// Dynamic quantization with PyTorch's settings against outputs of torch.ao.quantization.quantize_dynamic for recurrent
// networks, and a transformer beside PyTorch's float: tools/fixtures/pytorch_dynamic_recurrent.py,
// pytorch_transformer.py.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "graph/op_def.h"
#include "support/models.h"
#include "support/pytorch.h"

using namespace octavo;
using namespace octavo::test;

namespace {

// The largest difference, in parts of the largest expected magnitude.
float difference(const TensorView& actual, const Tensor& expected) {
  REQUIRE(actual.shape == expected.shape());
  float largest = 0, furthest = 0;
  for (std::size_t i = 0; i < expected.span<float>().size(); ++i) {
    largest = std::max(largest, std::abs(expected.span<float>()[i]));
    furthest = std::max(furthest, std::abs(expected.span<float>()[i] - actual.span<float>()[i]));
  }
  return furthest / largest;
}

struct Fixture {
  std::string path;
  std::unique_ptr<Model> model;
  Tensor input;

  explicit Fixture(const std::string& name)
      : path(OCTAVO_FIXTURES_DIR "/pytorch/" + name), input(read_npy(path + "-input.npy")) {
    const std::vector<char> file = read_bytes(path + ".onnx");
    model = Model::load(std::as_bytes(std::span(file)), {});
  }
  Tensor run(Model& m) const {
    const Feed feed{m.graph()[m.graph().inputs[0]].name, &input};
    return Tensor::copy_of(m.run({&feed, 1})[0]);
  }
  Tensor expected(const std::string& form) const { return read_npy(path + "-" + form + ".npy"); }
};

}  // namespace

TEST_CASE("dynamically quantized recurrent networks give PyTorch's outputs") {
  for (const std::string name :
       {"lstm", "lstm-deep", "lstm-batch-first", "gru", "gru-deep", "lstm-cell", "gru-cell", "rnn-cell"}) {
    CAPTURE(name);
    const Fixture network("recurrent/" + name);
    for (const LayerInfo& layer : network.model->layers())
      if (layer.node.op->quant.has_state) CHECK(layer.quantizes == "dynamic only");
    CHECK(difference(network.run(*network.model).view(), network.expected("float")) < 1e-5f);
    const auto quantized = network.model->quantize_dynamic(pytorch_options());
    const Description description = quantized->describe();
    CHECK(description.integer_nodes > 0);
    for (const FloatIsland& island : description.islands)
      CHECK((island.op != "LSTM" && island.op != "GRU" && island.op != "MatMul" && island.op != "Gemm"));
    CHECK(difference(network.run(*quantized).view(), network.expected("quantized")) < 1e-5f);
  }
}

// PyTorch's rows have zero points of floats, ONNX's of integers: the same steps, at other places.
TEST_CASE("an embedding of 8 bits in front of a quantized LSTM is near PyTorch's") {
  const Fixture network("recurrent/embedding");
  DynamicOptions options = pytorch_options();
  options.op_types = {"Gather", "LSTM", "MatMul"};
  options.per_channel = true;
  const auto quantized = network.model->quantize_dynamic(options);
  const Tensor actual = network.run(*quantized);
  const float own = difference(actual.view(), network.expected("float")),
              between = difference(actual.view(), network.expected("quantized"));
  CAPTURE(own, between);
  CHECK(own < 2e-2f);
  CHECK(between < 2e-2f);
}

TEST_CASE("dynamically quantized recurrent networks are the same when they are written and read again") {
  for (const std::string name : {"lstm-deep", "gru-deep"})
    for (const bool as_pytorch : {false, true}) {
      CAPTURE(name, as_pytorch);
      const Fixture network("recurrent/" + name);
      const auto quantized =
          network.model->quantize_dynamic(as_pytorch ? pytorch_options() : DynamicOptions{});
      const std::string file = quantized->to_onnx();
      const auto again = Model::load(std::as_bytes(std::span(file)), {});
      const Tensor before = network.run(*quantized), after = network.run(*again);
      CHECK(std::ranges::equal(before.span<float>(), after.span<float>()));
      CHECK(again->describe().integer_nodes == quantized->describe().integer_nodes);
    }
}

TEST_CASE("a transformer gives PyTorch's outputs, and nearly those on integers") {
  const Fixture network("transformer/encoder");
  CHECK(difference(network.run(*network.model).view(), network.expected("float")) < 1e-5f);
  const auto quantized = network.model->quantize_dynamic({});
  CHECK(quantized->describe().integer_nodes == 12);
  CHECK(difference(network.run(*quantized).view(), network.expected("float")) < 2e-2f);
}
