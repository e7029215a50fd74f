// Training that goes on from a network which was quantized after training.
#include <cmath>
#include <map>
#include <string>

#include "base/error.h"
#include "graph/qdq.h"
#include "support/graph_builder.h"
#include "support/interpreter.h"
#include "support/op_runner.h"
#include "support/pooled_convolutions.h"
#include "train/training.h"

namespace octavo {
namespace {

constexpr int kSamples = 6;

// A network with what quantization has to say something about: convolutions, one depthwise, with clamps between them, a
// value that is an output as well, an embedded normalization and a product at the end.
struct Network {
  Network() {
    const auto [clamped, row] = test::PooledConvolutions(b);
    b.output(b.node("Gemm", {row, b.random({12, 5}, 0.3f), b.random({5}, 0.1f)}));
    b.output(clamped);
    const std::string file = onnx::write_model({.graph = b.graph});
    model = Model::load(std::as_bytes(std::span(file)), {});
    for (int i = 0; i < kSamples; ++i) samples.push_back(b.random_tensor({2, 3, 8, 8}));
  }

  std::vector<Feed> feeds(int sample) const { return {{"x", &samples[static_cast<std::size_t>(sample)]}}; }

  std::unique_ptr<Model> quantized(const StaticOptions& options) const {
    const auto calibration = model->calibrate(options);
    for (int i = 0; i < kSamples; ++i) calibration->observe(feeds(i));
    const std::string file = calibration->finish()->to_onnx();
    return Model::load(std::as_bytes(std::span(file)), {});
  }

  test::GraphBuilder b;
  std::unique_ptr<Model> model;
  std::vector<Tensor> samples;
};

// The integers behind DequantizeLinear of constants, and their scales, node by node: nodes with weights are in the same
// order in every network of the same nodes.
struct Integers {
  std::vector<std::vector<int64_t>> values;
  std::vector<QParams> qparams;
};

Integers integers_of(const Graph& graph) {
  Integers all;
  for (const Node& node : graph.nodes)
    for (std::size_t i = 0; i < node.inputs.size(); ++i)
      for (const Node& each : graph.nodes) {
        const Tensor* const constant = is_dequantize(each) ? graph.constant_input(each, 0) : nullptr;
        if (!constant || each.outputs[0] != node.inputs[i]) continue;
        std::vector<int64_t> numbers;
        visit(QuantizedTypes{}, constant->dtype(),
              [&]<class T>(T) { numbers.assign(constant->span<T>().begin(), constant->span<T>().end()); });
        all.values.push_back(std::move(numbers));
        all.qparams.push_back(*read_qparams(graph, each));
      }
  return all;
}

TrainingTarget target_of(const StaticOptions& options, ScaleSource scales) {
  TrainingTarget target;
  target.rounded = {options, scales};
  return target;
}

float largest_difference(Model& a, Model& b, const std::vector<Feed>& feeds) {
  const Tensor from = Tensor::copy_of(a.run(feeds)[0]);
  return test::largest_difference(from.view(), b.run(feeds)[0]);
}

TEST_CASE("what is converted before the first step is the quantized network that training begins from") {
  const Network network;
  StaticOptions nearest;
  nearest.rounding = Rounding::nearest;
  nearest.bias_correction = false;
  StaticOptions equalized;
  equalized.equalize = true;
  StaticOptions four;
  four.weight_bits = four.activation_bits = 4;
  StaticOptions three;
  three.weight_bits = 3;
  three.activation_bits = 5;
  StaticOptions full;
  full.weight_range = WeightRange::full;
  full.per_channel = false;
  full.reduce_range = true;
  for (const StaticOptions& options : {StaticOptions{}, nearest, equalized, four, three, full}) {
    const std::unique_ptr<Model> quantized = network.quantized(options);
    const Integers expected = integers_of(quantized->graph());
    REQUIRE(expected.values.size() == 7);  // the bias of what stays float has no unit
    for (const ScaleSource scales : {ScaleSource::observed, ScaleSource::learned}) {
      INFO(options.weight_bits << " bits, scales " << static_cast<int>(scales));
      const auto training = Training::begin(*network.model, target_of(options, scales), *quantized);
      const std::unique_ptr<Model> converted = training->converted();
      const Integers made = integers_of(converted->graph());
      REQUIRE(made.values.size() == expected.values.size());
      for (std::size_t i = 0; i < made.values.size(); ++i) {
        // Biases are in units of activations, whose scales are those of ranges.
        const bool is_bias = expected.qparams[i].qmax > 255;
        for (std::size_t k = 0; k < made.values[i].size(); ++k)
          REQUIRE(std::abs(made.values[i][k] - expected.values[i][k]) <= (is_bias ? 1 : 0));
        for (std::size_t k = 0; k < made.qparams[i].scale.size(); ++k)
          REQUIRE(std::abs(made.qparams[i].scale[k] / expected.qparams[i].scale[k] - 1) < 1e-6f);
      }
      CHECK(largest_difference(*quantized, *converted, network.feeds(0)) < 1e-3f);
    }
  }
}

TEST_CASE("weights of other bits begin from what the quantized network has of them") {
  const Network network;
  const std::unique_ptr<Model> quantized = network.quantized({});
  StaticOptions options;
  options.weight_bits = 6;
  const auto training =
      Training::begin(*network.model, target_of(options, ScaleSource::observed), *quantized);
  CHECK(largest_difference(*quantized, *training->network(), network.feeds(0)) < 0.05f);
  CHECK(largest_difference(*quantized, *training->converted(), network.feeds(0)) < 0.2f);
}

TEST_CASE("the teacher is the float network, and what is not trained stays as it is quantized") {
  const Network network;
  StaticOptions options;
  options.weight_bits = 3;
  options.equalize = true;
  const std::unique_ptr<Model> quantized = network.quantized(options);
  TrainingTarget target = target_of(options, ScaleSource::observed);
  for (const Node& node : network.model->graph().nodes)
    if (node.op->name == "Gemm") target.parameters = {network.model->graph()[node.inputs[1]].name};
  const auto training = Training::begin(*network.model, target, *quantized);
  const TrainingSetup setup{.loss = {.kind = LossKind::mean_squared_error},
                            .optimizer = {.learning_rate = 0.01}};
  training->configure(setup);
  const Tensor wanted = Tensor::copy_of(network.model->run(network.feeds(0))[0]);
  const Tensor made = Tensor::copy_of(quantized->run(network.feeds(0))[0]);
  double expected = 0;
  for (std::size_t i = 0; i < wanted.span<float>().size(); ++i)
    expected += std::pow(wanted.span<float>()[i] - made.span<float>()[i], 2) /
                static_cast<double>(wanted.shape().elements());
  const double loss = training->step(network.feeds(0), nullptr, 0, {}).loss;
  INFO(loss << " beside " << expected);
  CHECK(std::abs(loss - expected) < 0.02 * expected);
  // Saved and taken up, both go on to the same bits.
  const std::string saved = training->save("");
  const auto again = Training::resume(*network.model, target,
                                      SavedTraining(FileMemory::copy_of(std::as_bytes(std::span(saved)))));
  again->configure(setup);
  CHECK(again->converted()->to_onnx() == training->converted()->to_onnx());
  for (int step = 1; step < 4; ++step)
    CHECK(again->step(network.feeds(step), nullptr, step, {}).loss ==
          training->step(network.feeds(step), nullptr, step, {}).loss);
  CHECK(again->converted()->to_onnx() == training->converted()->to_onnx());
  CHECK(again->save("") == training->save(""));
  const Integers before = integers_of(quantized->graph()),
                 after = integers_of(training->converted()->graph());
  for (const std::size_t weight : {0u, 2u, 4u}) {
    CHECK(before.values[weight] == after.values[weight]);
    CHECK(before.qparams[weight].scale == after.qparams[weight].scale);
  }
}

TEST_CASE("what a quantized network has nothing for is named") {
  const Network network;
  const auto error = [&](const Model& from) {
    try {
      Training::begin(*network.model, target_of({}, ScaleSource::observed), from);
    } catch (const Error& e) {
      CHECK(e.code() == ErrorCode::invalid_option);
      return std::string(e.what());
    }
    return std::string();
  };
  CHECK(error(*network.model).find("has none for 'x'") != std::string::npos);
  StaticOptions options;
  options.exclude = {"Gemm_0"};
  for (const Node& node : network.model->graph().nodes)
    if (node.op->name == "Gemm") options.exclude = {node.name};
  CHECK(error(*network.quantized(options)).find("has none for") != std::string::npos);
}

}  // namespace
}  // namespace octavo
