// Rounding of weights that is learned.
#include "train/learned_rounding.h"

#include <cmath>
#include <string>

#include "base/error.h"
#include "graph/qdq.h"
#include "support/graph_builder.h"
#include "support/json_fixture.h"
#include "support/op_runner.h"
#include "support/pooled_convolutions.h"

namespace octavo {
namespace {

constexpr int kSamples = 4;

// Convolutions, one depthwise, with clamps between them, and a product with the sum of its bias.
struct Network {
  Network() {
    const ValueId row = test::PooledConvolutions(b).row;
    b.output(b.node("Add", {b.node("MatMul", {row, b.random({12, 5}, 0.3f)}), b.random({5}, 0.1f)}));
    const std::string file = onnx::write_model({.graph = b.graph});
    model = Model::load(std::as_bytes(std::span(file)), {});
    for (int i = 0; i < kSamples; ++i) samples.push_back(correlated({i == 1 ? 3 : 4, 3, 8, 8}));
  }

  // Of each picture a level, and a little noise: what roundings to the nearest add up to is not made up for by chance.
  Tensor correlated(Shape shape) {
    Tensor made = b.random_tensor(shape, 0.1f);
    const Tensor levels = b.random_tensor({shape[0]});
    const std::size_t picture = static_cast<std::size_t>(shape.elements() / shape[0]);
    for (std::size_t i = 0; i < made.span<float>().size(); ++i)
      made.span<float>()[i] += levels.span<float>()[i / picture];
    return made;
  }

  std::vector<Feed> feeds(int sample) const { return {{"x", &samples[static_cast<std::size_t>(sample)]}}; }

  LearnedRounding rounding(const StaticOptions& options, const RoundingOptions& how) const {
    LearnedRounding made(*model, options, how);
    for (int i = 0; i < kSamples; ++i) made.observe(feeds(i));
    return made;
  }

  // Σ of squared differences from float over the samples.
  double error(Model& quantized) const {
    double sum = 0;
    for (int i = 0; i < kSamples; ++i) {
      const Tensor right = Tensor::copy_of(model->run(feeds(i))[0]);
      const std::span<const float> made = quantized.run(feeds(i))[0].span<float>();
      for (std::size_t k = 0; k < made.size(); ++k)
        sum += std::pow(static_cast<double>(made[k]) - static_cast<double>(right.span<float>()[k]), 2);
    }
    return sum;
  }

  test::GraphBuilder b;
  std::unique_ptr<Model> model;
  std::vector<Tensor> samples;
};

template <class Call> ErrorCode error_code(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  FAIL("nothing was thrown");
  return {};
}

StaticOptions options_of(int bits) {
  StaticOptions options;
  options.weight_bits = bits;
  options.rounding = Rounding::nearest;
  options.bias_correction = false;
  return options;
}

TEST_CASE("without a step weights are rounded to the nearest") {
  const Network network;
  for (const int bits : {3, 8}) {
    LearnedRounding rounding = network.rounding(options_of(bits), {.steps = 0});
    const std::size_t layers = rounding.prepare();
    CHECK(layers == 4);
    for (std::size_t i = 0; i < layers; ++i) rounding.round(i);
    const auto calibration = network.model->calibrate(options_of(bits));
    for (int i = 0; i < kSamples; ++i) calibration->observe(network.feeds(i));
    CHECK(rounding.finish()->to_onnx() == calibration->finish()->to_onnx());
  }
}

TEST_CASE("a rounding that is learned makes each layer better than the nearest, and the network") {
  const Network network;
  for (const int bits : {3, 4, 8}) {
    LearnedRounding rounding = network.rounding(options_of(bits), {});
    const std::size_t layers = rounding.prepare();
    for (std::size_t i = 0; i < layers; ++i) {
      const RoundingErrors errors = rounding.round(i);
      CAPTURE(bits, i, errors.nearest, errors.chosen);
      CHECK(errors.chosen < 0.98 * errors.nearest);
    }
    LearnedRounding none = network.rounding(options_of(bits), {.steps = 0});
    none.prepare();
    const auto nearest = none.finish(), learned = rounding.finish();
    CAPTURE(bits, network.error(*learned), network.error(*nearest));
    CHECK(network.error(*learned) < 0.7 * network.error(*nearest));
    const std::string file = learned->to_onnx();
    const auto read = Model::load(std::as_bytes(std::span(file)), {});
    CHECK(network.error(*read) == network.error(*learned));
  }
}

TEST_CASE("learned rounding takes the steps that PyTorch takes") {
  const test::Json fixture = test::read_json_fixture("learned_rounding.json");
  const auto tensor = [](const test::Json& rows) {
    const std::vector<test::Json> each(rows.begin(), rows.end());
    Tensor made(DType::f32, {std::ssize(each), std::ssize(test::to_floats(each[0]))});
    float* to = made.span<float>().data();
    for (const test::Json& row : each)
      for (const float x : test::to_floats(row)) *to++ = x;
    return made;
  };
  test::GraphBuilder b;
  const ValueId product =
      b.node("MatMul", {b.input("x", {kDynamic, 12}), b.constant(tensor(fixture["weight"]))});
  b.output(b.node("Relu", {product}));
  const std::string file = onnx::write_model({.graph = b.graph});
  const auto model = Model::load(std::as_bytes(std::span(file)), {});
  StaticOptions options = options_of(fixture["bits"].get<int>());
  options.observer.kind = ObserverKind::minmax;
  const std::vector<double> expected = fixture["losses"].get<std::vector<double>>();
  LearnedRounding rounding(*model, options,
                           {.steps = std::ssize(expected),
                            .learning_rate = fixture["learningRate"].get<double>(),
                            .decisiveness = fixture["decisiveness"].get<double>()});
  for (const test::Json& rows : fixture["samples"]) {
    const Tensor sample = tensor(rows);
    const Feed feeds[] = {{"x", &sample}};
    rounding.observe(feeds);
  }
  REQUIRE(rounding.prepare() == 1);
  std::vector<double> losses;
  const RoundingErrors errors = rounding.round(0, &losses);
  REQUIRE(losses.size() == expected.size());
  const auto is_near = [](double actual, double right) { return std::abs(actual - right) <= 1e-3 * right; };
  for (std::size_t i = 0; i < losses.size(); ++i) {
    CAPTURE(i, losses[i], expected[i]);
    CHECK(is_near(losses[i], expected[i]));
  }
  CHECK(is_near(errors.nearest, fixture["nearest"].get<double>()));
  CHECK(is_near(errors.chosen, fixture["chosen"].get<double>()));
}

TEST_CASE("what learned rounding does not go with is refused") {
  const Network network;
  StaticOptions smoothed = options_of(8), equalized = options_of(8);
  smoothed.smoothing = kUsualSmoothing;
  equalized.equalize = true;
  for (const StaticOptions& options : {smoothed, equalized})
    CHECK(error_code([&] { LearnedRounding(*network.model, options); }) == ErrorCode::invalid_option);
  for (const RoundingOptions& how : {RoundingOptions{.steps = -1}, {.learning_rate = 0}, {.decisiveness = 0}})
    CHECK(error_code([&] { LearnedRounding(*network.model, options_of(8), how); }) ==
          ErrorCode::invalid_option);
  LearnedRounding none(*network.model, options_of(8));
  CHECK(error_code([&] { none.prepare(); }) == ErrorCode::invalid_data);
}

}  // namespace
}  // namespace octavo
