// Training beside PyTorch's (tests/fixtures/pytorch/training.json), from the same parameters on the same batches.
#include "train/trainer.h"

#include <cmath>
#include <map>

#include "base/error.h"
#include "passes/passes.h"
#include "support/graph_builder.h"
#include "support/json_fixture.h"
#include "support/op_runner.h"
#include "train/schedule.h"

namespace octavo {
namespace {

using test::Json;

Shape shape_of(const Json& dims) {
  return Shape{Dims(std::span<const int64_t>(dims.get<std::vector<int64_t>>()))};
}

Tensor of_128(const Json& numbers, const Shape& shape) {
  Tensor tensor(DType::f32, shape);
  for (std::size_t i = 0; i < numbers.size(); ++i) tensor.span<float>()[i] = numbers[i].get<float>() / 128;
  return tensor;
}

Graph network_of(const Json& network, const Json& parameters) {
  test::GraphBuilder b;
  std::map<std::string, ValueId> ids;
  std::vector<int64_t> dims = network["x"].get<std::vector<int64_t>>();
  dims.insert(dims.begin(), kDynamic);
  ids["x"] = b.input("x", Shape{Dims(std::span<const int64_t>(dims))});
  for (const auto& [name, parameter] : parameters.items())
    ids[name] = b.graph.add_constant(name, of_128(parameter["of_128"], shape_of(parameter["shape"])));
  for (const Json& node : network["nodes"]) {
    Attrs attrs;
    for (const auto& [name, value] : node[1].items())
      attrs.set(name, value.is_number() ? AttrValue(value.get<int64_t>())
                                        : AttrValue(value.get<std::vector<int64_t>>()));
    std::vector<ValueId> inputs;
    for (const std::string name : node[2]) inputs.push_back(ids.at(name));
    ids[node[3]] = b.node(node[0].get<std::string>(), inputs, attrs);
  }
  b.output(ids.at("y"));
  infer_shapes(b.graph);
  return b.graph;
}

LossOptions loss_of(const Json& json) {
  static const std::map<std::string, LossKind> kinds = {
      {"cross_entropy", LossKind::cross_entropy},
      {"binary_cross_entropy", LossKind::binary_cross_entropy},
      {"mean_squared_error", LossKind::mean_squared_error},
      {"huber", LossKind::huber},
      {"distillation", LossKind::distillation}};
  return {kinds.at(json["kind"]), json.value("labelSmoothing", 0.0), json.value("temperature", 1.0),
          json.value("delta", 1.0)};
}

OptimizerOptions optimizer_of(const Json& json) {
  static const std::map<std::string, OptimizerKind> kinds = {
      {"sgd", OptimizerKind::sgd}, {"adam", OptimizerKind::adam}, {"adamw", OptimizerKind::adamw}};
  OptimizerOptions options{.kind = kinds.at(json["name"])};
  options.learning_rate = json["learningRate"];
  options.momentum = json.value("momentum", 0.0);
  options.nesterov = json.value("nesterov", false);
  options.weight_decay = json.value("weightDecay", 0.0);
  options.clip_norm = json.value("clipNorm", 0.0);
  return options;
}

struct Batch {
  Tensor x, targets;
};

std::vector<Batch> batches_of(const Json& network, const Json& json) {
  std::vector<Batch> batches;
  for (const Json& batch : json["batches"]) {
    std::vector<int64_t> dims = network["x"].get<std::vector<int64_t>>();
    const auto size = batch["size"].get<int64_t>();
    dims.insert(dims.begin(), size);
    Tensor x = of_128(batch["x"], Shape{Dims(std::span<const int64_t>(dims))});
    if (json["loss"]["kind"] == "cross_entropy") {
      Tensor targets(DType::s64, {size});
      for (int64_t i = 0; i < size; ++i) targets.span<int64_t>()[i] = batch["targets"][i];
      batches.push_back({std::move(x), std::move(targets)});
    } else {
      batches.push_back({std::move(x), of_128(batch["targets"], {size, network["classes"].get<int64_t>()})});
    }
  }
  return batches;
}

const Json& fixture() {
  static const Json document = test::read_json_fixture("pytorch/training.json");
  return document;
}

TEST_CASE("twenty steps lose what PyTorch's do, and end where they end") {
  for (const Json& json : fixture()["cases"]) {
    const Json& network = fixture()["networks"][json["network"].get<std::string>()];
    INFO(json["network"] << ' ' << json["loss"].dump() << ' ' << json["optimizer"].dump());
    Trainer trainer(network_of(network, json["parameters"]),
                    {.loss = loss_of(json["loss"]), .optimizer = optimizer_of(json["optimizer"])}, {});
    const std::vector<Batch> batches = batches_of(network, json);
    for (std::size_t step = 0; step < json["losses"].size(); ++step) {
      const Batch& batch = batches[step % batches.size()];
      const float loss = trainer.step(std::vector<Feed>{{"x", &batch.x}}, batch.targets.view());
      const double expected = json["losses"][step];
      INFO("step " << step << ": " << loss << " beside " << expected);
      CHECK(std::abs(loss - expected) <= 1e-4 * std::abs(expected));
    }
    const std::vector<std::string> names = trainer.parameters();
    CHECK(names.size() == json["parameters"].size());
    for (std::size_t i = 0; i < names.size(); ++i) {
      INFO(names[i]);
      const Json& expected = json["trained"][names[i]];
      for (std::size_t k = 0; k < expected.size(); ++k)
        CHECK(std::abs(trainer.parameter(i).as<float>()[k] - expected[k].get<double>()) < 2e-4);
    }
  }
}

TEST_CASE("the trained network computes with the parameters that were trained") {
  const Json& json = fixture()["cases"][0];
  const Json& network = fixture()["networks"][json["network"].get<std::string>()];
  const Graph graph = network_of(network, json["parameters"]);
  Trainer trainer(graph, {.loss = loss_of(json["loss"]), .optimizer = optimizer_of(json["optimizer"])}, {});
  const std::vector<Batch> batches = batches_of(network, json);
  const auto untouched = trainer.network();
  for (std::size_t i = 0; i < graph.values.size(); ++i)
    if (graph.values[i].constant)
      CHECK(test::values<float>(*untouched.values[i].constant) ==
            test::values<float>(*graph.values[i].constant));
  for (int step = 0; step < 5; ++step)
    trainer.step(std::vector<Feed>{{"x", &batches[0].x}}, batches[0].targets.view());
  const Graph trained = trainer.network();
  Trainer onwards(trained, {.loss = loss_of(json["loss"]), .optimizer = optimizer_of(json["optimizer"])}, {});
  const std::vector<Feed> feeds = {{"x", &batches[1].x}};
  CHECK(onwards.step(feeds, batches[1].targets.view()) == trainer.step(feeds, batches[1].targets.view()));
}

TEST_CASE("what cannot be trained is named") {
  const Json& json = fixture()["cases"][0];
  const Json& network = fixture()["networks"][json["network"].get<std::string>()];
  const Graph graph = network_of(network, json["parameters"]);
  const auto error = [](auto f) {
    try {
      f();
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  CHECK(error([&] { Trainer(graph, {.parameters = {"w9"}}, {}); }).find("no float32 parameter 'w9'") !=
        std::string::npos);
  test::GraphBuilder b;
  b.output(b.node("Relu", {b.input("x", {1, 2})}));
  infer_shapes(b.graph);
  CHECK(error([&] { Trainer(b.graph, {}, {}); }).find("no parameters to train") != std::string::npos);
  const std::vector<Batch> batches = batches_of(network, json);
  const std::vector<Feed> feeds = {{"x", &batches[0].x}};
  const Tensor wrong(DType::f32, {1, 2});
  CHECK(error([&] { Trainer(graph, {}, {}).step(feeds, wrong.view()); }).find("targets of shape [1,2]") !=
        std::string::npos);
  CHECK(error([&] {
          Trainer(graph, {.optimizer = {.learning_rate = -1}}, {}).step(feeds, batches[0].targets.view());
        }).find("learningRate") != std::string::npos);
  CHECK(error([&] {
          Trainer trainer(graph, {.optimizer = {.kind = OptimizerKind::sgd, .learning_rate = 1e30}}, {});
          for (int step = 0; step < 3; ++step) trainer.step(feeds, batches[0].targets.view());
        }).find("not finite") != std::string::npos);
}

TEST_CASE("learning rates warm up, then fall as their schedule says") {
  const Schedule cosine{.kind = ScheduleKind::cosine, .steps = 12, .warmup = 2};
  CHECK(std::abs(rate_factor(cosine, 0) - 1.0 / 3) < 1e-12);
  CHECK(rate_factor(cosine, 2) == 1);
  CHECK(std::abs(rate_factor(cosine, 7) - 0.5) < 1e-12);
  CHECK(std::abs(rate_factor(cosine, 12)) < 1e-12);
  const Schedule steps{.kind = ScheduleKind::step, .step_size = 3, .gamma = 0.5};
  CHECK(rate_factor(steps, 2) == 1);
  CHECK(rate_factor(steps, 3) == 0.5);
  CHECK(rate_factor(steps, 8) == 0.25);
  CHECK(rate_factor({}, 1000) == 1);
}

}  // namespace
}  // namespace octavo
