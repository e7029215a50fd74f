// Training beside PyTorch's (tests/fixtures/pytorch/training.json), from the same parameters on the same batches.
#include "train/trainer.h"

#include <cmath>
#include <map>

#include "base/error.h"
#include "graph/qdq.h"
#include "passes/passes.h"
#include "quant/insert_qdq.h"
#include "quant/plan_static.h"
#include "quant/plan_weights.h"
#include "support/calibrate.h"
#include "support/graph_builder.h"
#include "support/interpreter.h"
#include "support/json_fixture.h"
#include "support/op_runner.h"
#include "train/schedule.h"
#include "train/unfold_normalization.h"

namespace octavo {
namespace {

using test::Json;

constexpr std::string_view kClip = "Clip";

Shape shape_of(const Json& dims) {
  return Shape{Dims(std::span<const int64_t>(dims.get<std::vector<int64_t>>()))};
}

Tensor of_128(const Json& numbers, const Shape& shape) {
  Tensor tensor(DType::f32, shape);
  for (std::size_t i = 0; i < numbers.size(); ++i) tensor.span<float>()[i] = numbers[i].get<float>() / 128;
  return tensor;
}

// A value by its name, a scalar, or a list of integers.
ValueId operand_of(test::GraphBuilder& b, const std::map<std::string, ValueId>& ids, const Json& json) {
  if (json.is_string()) return ids.at(json);
  if (json.is_number()) return b.constant(Tensor::scalar(json.get<float>()));
  const auto ints = json.get<std::vector<int64_t>>();
  return b.constant(Tensor::of<int64_t>({std::ssize(ints)}, ints));
}

// Of a case: its parameters are constants, and running statistics.
Graph network_of(const Json& network, const Json& json) {
  test::GraphBuilder b;
  std::map<std::string, ValueId> ids;
  std::vector<int64_t> dims = network["x"].get<std::vector<int64_t>>();
  dims.insert(dims.begin(), kDynamic);
  ids["x"] = b.input("x", Shape{Dims(std::span<const int64_t>(dims))});
  for (const char* kind : {"parameters", "statistics"})
    for (const auto& [name, constant] : json.value(kind, Json::object()).items())
      ids[name] = b.graph.add_constant(name, of_128(constant["of_128"], shape_of(constant["shape"])));
  for (const Json& node : network["nodes"]) {
    Attrs attrs;
    for (const auto& [name, value] : node[1].items())
      attrs.set(name, value.is_number() ? AttrValue(value.get<int64_t>())
                                        : AttrValue(value.get<std::vector<int64_t>>()));
    std::vector<ValueId> inputs;
    for (const Json& input : node[2]) inputs.push_back(operand_of(b, ids, input));
    b.node(node[0].get<std::string>(), inputs, attrs);
    const Json names = node[3].is_array() ? node[3] : Json::array({node[3]});
    std::vector<ValueId>& outputs = b.graph.nodes.back().outputs;
    while (outputs.size() < names.size()) outputs.push_back(b.graph.add_value({}));
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      b.graph[outputs[i]].name = names[i];
      ids[names[i]] = outputs[i];
    }
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
  return {.kind = kinds.at(json["kind"]),
          .label_smoothing = json.value("labelSmoothing", 0.0),
          .temperature = json.value("temperature", 1.0),
          .delta = json.value("delta", 1.0)};
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

ValueId named(const Graph& graph, const std::string& name) {
  return static_cast<ValueId>(std::ranges::find(graph.values, name, &Value::name) - graph.values.begin());
}

// The network with its weights rounded as plan_weights plans, and no activation.
FakeQuantized rounded_weights(const Graph& graph, const Json& json, ScaleSource source) {
  WeightsOptions options;
  options.weight_bits = json["bits"][0];
  options.block = json["block"];
  QuantizationPlan plan = plan_weights(graph, options);
  CHECK(plan.operands.size() == json["axes"].size());
  for (const auto& [operand, spec] : plan.operands) {
    const ValueId id = graph.nodes[operand.node].inputs[operand.input];
    CHECK(spec.axis == json["axes"].at(graph[id].name).get<int>());
  }
  return fake_quantize(std::move(plan), {}, source);
}

// The network, rounded as the static quantizer plans, which is where the case says, with the ranges that it begins
// with, and biases in float.
FakeQuantized rounded(const Graph& graph, const Json& json) {
  const ScaleSource source = json["learned"].get<bool>() ? ScaleSource::learned : ScaleSource::observed;
  if (json.contains("block")) return rounded_weights(graph, json, source);
  StaticOptions options;
  options.weight_bits = json["bits"][0];
  options.observer.kind = ObserverKind::minmax;
  options.rounding = Rounding::nearest;
  options.bias_correction = false;
  QuantizationPlan plan = plan_static(graph, options);
  std::erase_if(plan.operands, [](const auto& each) { return each.second.dtype == DType::s32; });
  std::vector<std::string> values, weights;
  for (auto& [id, spec] : plan.values) {
    spec.qmax = (1 << json["bits"][1].get<int>()) - 1;
    if (plan.observed(id) == id) values.push_back(graph[id].name);
  }
  for (const auto& [operand, spec] : plan.operands) {
    if (spec.dtype != DType::s8) continue;
    weights.push_back(graph[graph.nodes[operand.node].inputs[operand.input]].name);
    CHECK(spec.axis == json["axes"][weights.back()].get<int>());
  }
  const auto names = [](const Json& object) {
    std::vector<std::string> keys;
    for (const auto& [name, value] : object.items()) keys.push_back(name);
    return keys;
  };
  std::ranges::sort(values);
  std::ranges::sort(weights);
  CHECK(values == names(json["ranges"]));
  CHECK(weights == names(json["axes"]));
  Calibrator calibrator(plan);
  for (const auto& [name, range] : json["ranges"].items())
    calibrator.observe(named(graph, name), Tensor::of<float>({2}, {range[0], range[1]}).view());
  const Ranges ranges = observed_ranges(plan, calibrator);
  return fake_quantize(std::move(plan), ranges, source);
}

// With what is folded for that.
FakeQuantized rounded_unfolded(const Graph& graph, const Json& json) {
  FakeQuantized made = rounded(folded(graph, {}), json);
  unfold_normalization(made, graph);
  return made;
}

Trainer trainer_of(const Json& json) {
  const Json& network = fixture()["networks"][json["network"].get<std::string>()];
  const Graph graph = network_of(network, json);
  const TrainingOptions options{.loss = loss_of(json["loss"]),
                                .optimizer = optimizer_of(json["optimizer"]),
                                .batch_statistics = json.contains("statistics")};
  if (json["rounded"].empty()) return Trainer(graph, options, {});
  const auto round = json["network"] == "unfolded" ? rounded_unfolded : rounded;
  return Trainer(round(graph, json["rounded"]), options, {});
}

TEST_CASE("twenty steps lose what PyTorch's do, and end where they end") {
  for (const Json& json : fixture()["cases"]) {
    const bool is_rounded = !json["rounded"].empty();
    const Json& network = fixture()["networks"][json["network"].get<std::string>()];
    INFO(json["network"] << ' ' << json["loss"].dump() << ' ' << json["optimizer"].dump() << ' '
                         << json["rounded"].dump());
    Trainer trainer = trainer_of(json);
    const std::vector<Batch> batches = batches_of(network, json);
    for (std::size_t step = 0; step < json["losses"].size(); ++step) {
      const Batch& batch = batches[step % batches.size()];
      const StepOptions options{
          .freezes_observers = is_rounded && step >= json["rounded"]["frozenFrom"].get<std::size_t>(),
          .freezes_statistics = step >= json.value("statisticsFrozenFrom", std::size_t{100})};
      const float loss = trainer.step(std::vector<Feed>{{"x", &batch.x}}, batch.targets.view(), options);
      const double expected = json["losses"][step];
      INFO("step " << step << ": " << loss << " beside " << expected);
      CHECK(std::abs(loss - expected) <= (is_rounded ? 1e-3 : 1e-4) * std::abs(expected));
    }
    const std::vector<std::string> names = trainer.parameters();
    CHECK(names.size() == json["parameters"].size());
    for (std::size_t i = 0; i < names.size(); ++i) {
      INFO(names[i]);
      const Json& expected = json["trained"][names[i]];
      for (std::size_t k = 0; k < expected.size(); ++k)
        CHECK(std::abs(trainer.parameter(i).as<float>()[k] - expected[k].get<double>()) <
              (is_rounded ? 2e-3 : 2e-4));
    }
    const Graph trained = trainer.network();
    for (const auto& [name, statistic] : json.value("statistics", Json::object()).items()) {
      INFO(name);
      const std::vector<float> seen = test::values<float>(*trained[named(trained, name)].constant);
      for (std::size_t k = 0; k < seen.size(); ++k) {
        const double expected = statistic["seen"][k];
        CHECK(std::abs(seen[k] - expected) < (is_rounded ? 1e-3 : 1e-4) * std::max(std::abs(expected), 0.1));
      }
    }
  }
}

TEST_CASE("the trained network computes with the parameters that were trained") {
  const Json& json = fixture()["cases"][0];
  const Json& network = fixture()["networks"][json["network"].get<std::string>()];
  const Graph graph = network_of(network, json);
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

// Cross-entropy of logits [N, C] with indices, in float64.
double cross_entropy(const Tensor& logits, const Tensor& labels) {
  const int64_t classes = logits.shape()[1];
  double sum = 0;
  for (int64_t n = 0; n < logits.shape()[0]; ++n) {
    double whole = 0;
    for (int64_t c = 0; c < classes; ++c) whole += std::exp(logits.span<float>()[n * classes + c]);
    sum += std::log(whole) - logits.span<float>()[n * classes + labels.span<int64_t>()[n]];
  }
  return sum / static_cast<double>(logits.shape()[0]);
}

TEST_CASE("what is converted computes what was trained, on integers") {
  for (const Json& json : fixture()["cases"]) {
    if (json["rounded"].empty()) continue;
    INFO(json["network"] << ' ' << json["rounded"].dump());
    Trainer trainer = trainer_of(json);
    const std::vector<Batch> batches =
        batches_of(fixture()["networks"][json["network"].get<std::string>()], json);
    const auto step = [&](int i) {
      const Batch& batch = batches[i % batches.size()];
      return trainer.step(std::vector<Feed>{{"x", &batch.x}}, batch.targets.view(),
                          {.freezes_observers = i >= 12, .freezes_statistics = i >= 15});
    };
    for (int i = 0; i < 20; ++i) step(i);
    const Graph converted = trainer.converted();
    std::vector<Tensor> feeds;
    feeds.push_back(Tensor::copy_of(batches[0].x.view()));
    const double loss = cross_entropy(test::interpret(converted, feeds)[0], batches[0].targets);
    const double faked = step(21);
    INFO(loss << " beside " << faked);
    CHECK(std::abs(loss - faked) < 1e-3);
    const auto check_scale = [&](const std::string& name, double expected) {
      INFO(name);
      // Behind the Clip of few bits.
      ValueId id = named(converted, name);
      for (const Node& node : converted.nodes)
        if (node.inputs[0] == id && node.op->name == kClip) id = node.outputs[0];
      const auto quantize = std::ranges::find_if(
          converted.nodes, [&](const Node& node) { return is_quantize(node) && node.inputs[0] == id; });
      REQUIRE(quantize != converted.nodes.end());
      CHECK(std::abs(read_qparams(converted, *quantize)->scale[0] - expected) < 1e-3 * expected);
    };
    if (json["rounded"].contains("block")) continue;
    const int32_t levels = (1 << json["rounded"]["bits"][1].get<int>()) - 1;
    if (json["rounded"]["learned"].get<bool>())
      for (const auto& [name, range] : json["rounded"]["ranges"].items())
        check_scale(name, json["rounded"]["scales"][name][0]);
    else
      for (const auto& [name, range] : json["rounded"]["seen"].items())
        check_scale(name,
                    (std::max(range[1].get<double>(), 0.0) - std::min(range[0].get<double>(), 0.0)) / levels);
  }
}

TEST_CASE("layers are compared with a teacher's, relative to those") {
  const Json& json = fixture()["cases"][0];
  const Json& network = fixture()["networks"][json["network"].get<std::string>()];
  const Graph graph = network_of(network, json);
  const std::vector<Batch> batches = batches_of(network, json);
  Graph inner = graph;
  inner.outputs = {find_layer(graph, "c1"), find_layer(graph, "r2")};
  std::vector<Tensor> given;
  given.push_back(Tensor::copy_of(batches[0].x.view()));
  const std::vector<Tensor> values = test::interpret(inner, given);
  std::vector<Tensor> hints;
  double expected = 0;
  for (const Tensor& value : values) {
    hints.push_back(Tensor::copy_of(value.view()));
    double noise = 0, power = 0;
    for (float& x : hints.back().span<float>()) {
      const float hint = 1.25f * x - 0.125f;
      noise += (hint - x) * (hint - x);
      power += hint * hint;
      x = hint;
    }
    expected += 0.5 * noise / power;
  }
  const std::string names[] = {layer_target("c1"), layer_target("r2")};
  const std::vector<Feed> feeds = {{"x", &batches[0].x}, {names[0], &hints[0]}, {names[1], &hints[1]}};
  LossOptions loss = loss_of(json["loss"]);
  const double output =
      Trainer(graph, {.loss = loss}, {}).step(std::span(feeds).first(1), batches[0].targets.view());
  loss.layers = {"c1", "r2"};
  loss.layer_weight = 0.5;
  for (const double weight : {1.0, 2.0, 0.0}) {
    loss.output_weight = weight;
    Trainer trainer(graph, {.loss = loss}, {});
    const double first = trainer.step(feeds, batches[0].targets.view());
    CHECK(std::abs(first - (weight * output + expected)) < 1e-5);
    double last = first;
    for (int step = 0; step < 10; ++step) last = trainer.step(feeds, batches[0].targets.view());
    CHECK(last < first);
  }
  const auto error = [&](std::string_view name) {
    try {
      find_layer(graph, name);
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  CHECK(error("r3").find("'r3' in float32; there are 'r1', 'r2', '") != std::string::npos);
  CHECK(error("x").find("no node computes 'x'") != std::string::npos);
}

TEST_CASE("scales are told as what is converted has them") {
  for (const Json& json : fixture()["cases"]) {
    if (json["rounded"].empty()) continue;
    INFO(json["network"] << ' ' << json["rounded"].dump());
    const Trainer trainer = trainer_of(json);
    const Graph converted = trainer.converted();
    const QuantizationPlan plan = trainer.plan();
    std::map<std::string, QParams> all;
    const auto add = [&](ValueId of, const QParams& given) {
      if (!given.scale.empty()) all[plan.graph[of].name] = given;
    };
    for (const auto& [id, spec] : plan.values) add(id, spec.given);
    for (const auto& [operand, spec] : plan.operands)
      add(plan.graph.nodes[operand.node].inputs[operand.input], spec.given);
    CHECK(all.size() == json["rounded"]["ranges"].size() + json["rounded"]["axes"].size());
    for (const auto& [name, qparams] : all) {
      INFO(name);
      const ValueId scale = named(converted, name + "_scale");
      REQUIRE(scale < converted.values.size());
      const std::vector<float> written = test::values<float>(*converted[scale].constant);
      REQUIRE(written.size() == qparams.scale.size());
      for (std::size_t i = 0; i < written.size(); ++i) CHECK(written[i] >= qparams.scale[i]);
      const bool is_weight = json["rounded"]["axes"].contains(name);
      CHECK(qparams.axis == (is_weight ? json["rounded"]["axes"][name].get<int>() : -1));
      if (!is_weight) CHECK(written == qparams.scale);
    }
  }
}

TEST_CASE("a step gives the same bits on any number of threads, in simd and scalar kernels", "[threads]") {
  test::GraphBuilder b;
  const auto conv = [&](ValueId x, Shape weights, int64_t pad, int64_t group) {
    const Shape channels{weights[0]};
    return b.node("Conv", {x, b.random(std::move(weights), 0.2f), b.random(channels)},
                  test::attrs({{"pads", std::vector<int64_t>(4, pad)}, {"group", group}}));
  };
  const auto pool = [&](ValueId x) {
    const std::vector<int64_t> two = {2, 2};
    return b.node("MaxPool", {x}, test::attrs({{"kernel_shape", two}, {"strides", two}}));
  };
  const ValueId x = b.input("x", {16, 2, 24, 24});
  const ValueId first = b.node("Relu", {conv(x, {24, 2, 3, 3}, 1, 1)});
  const ValueId middle = b.node("HardSwish", {conv(pool(first), {24, 1, 3, 3}, 1, 24)});
  const ValueId last = b.node("Relu", {conv(middle, {40, 24, 3, 3}, 0, 1)});
  b.output(b.node("Gemm", {b.node("Flatten", {pool(last)}), b.random({1000, 10}, 0.05f), b.random({10})}));
  infer_shapes(b.graph);
  const Tensor images = b.random_tensor({16, 2, 24, 24});
  Tensor labels(DType::s64, {16});
  for (int64_t i = 0; i < 16; ++i) labels.span<int64_t>()[i] = i % 10;
  const std::vector<Feed> feeds = {{"x", &images}};
  const QuantizationPlan plan = plan_static(b.graph, StaticOptions{});
  Calibrator calibrator(plan);
  test::Batches seen;
  seen.emplace_back().push_back(Tensor::copy_of(images.view()));
  test::calibrate(plan, calibrator, seen);
  for (const char* kind : {"float", "observed", "learned"}) {
    INFO(kind);
    const auto trained = [&](const KernelPolicy& policy) {
      const TrainingOptions options{.optimizer = {.clip_norm = 0.5}};
      const ScaleSource source =
          kind == std::string_view("learned") ? ScaleSource::learned : ScaleSource::observed;
      Trainer trainer =
          kind == std::string_view("float")
              ? Trainer(b.graph, options, policy)
              : Trainer(fake_quantize(plan, observed_ranges(plan, calibrator), source), options, policy);
      std::vector<std::vector<float>> all;
      for (int step = 0; step < 3; ++step) all.push_back({trainer.step(feeds, labels.view())});
      for (std::size_t i = 0; i < trainer.parameters().size(); ++i)
        all.push_back(test::values<float>(Tensor::copy_of(trainer.parameter(i))));
      return all;
    };
    const auto on_threads = [&](int threads) {
      KernelPolicy policy;
      policy.threads = Threads(threads);
      return trained(policy);
    };
    const auto by_rows = [&](const std::string& row) {
      KernelPolicy policy;
      policy.forced = {{"gemm_f32", row}, {"dwconv_f32", row}};
      return trained(policy);
    };
    const std::vector<std::vector<float>> expected = on_threads(1);
    for (const int threads : {2, 3}) {
      INFO(threads << " threads");
      CHECK(on_threads(threads) == expected);
    }
    CHECK(by_rows("simd_mul_add") == by_rows("scalar"));
  }
}

TEST_CASE("what plan_static plans is trained, and lowers without islands") {
  const Json& json = fixture()["cases"][0];
  const Json& network = fixture()["networks"][json["network"].get<std::string>()];
  const Graph graph = network_of(network, json);
  const std::vector<Batch> batches = batches_of(network, json);
  QuantizationPlan plan = plan_static(graph, StaticOptions{});
  Calibrator calibrator(plan);
  test::Batches seen;
  for (const Batch& batch : batches) seen.emplace_back().push_back(Tensor::copy_of(batch.x.view()));
  test::calibrate(plan, calibrator, seen);
  Trainer trainer(fake_quantize(plan, observed_ranges(plan, calibrator)), {.loss = loss_of(json["loss"])},
                  {});
  std::vector<float> losses;
  for (int step = 0; step < 30; ++step)
    losses.push_back(trainer.step(std::vector<Feed>{{"x", &batches[0].x}}, batches[0].targets.view()));
  CHECK(losses.back() < losses.front());
  Graph lowered = trainer.converted();
  verify(lowered);
  const std::vector<FloatIsland> islands = lower(lowered, KernelPolicy{});
  INFO(dump(lowered));
  CHECK(islands.empty());
  CHECK(test::count(lowered, "octavo.QConv") == 2);
  CHECK(test::count(lowered, "octavo.QGemmToFloat") == 1);
  const double loss = cross_entropy(test::interpret(lowered, seen[0])[0], batches[0].targets);
  CHECK(std::abs(loss - trainer.step(std::vector<Feed>{{"x", &batches[0].x}}, batches[0].targets.view(),
                                     {.freezes_observers = true})) < 0.02);
}

TEST_CASE("what is converted before the first step is the network as it was, rounded") {
  const Json& json = fixture()["cases"][0];
  const Json& network = fixture()["networks"][json["network"].get<std::string>()];
  const Graph graph = network_of(network, json);
  const std::vector<Batch> batches = batches_of(network, json);
  const QuantizationPlan plan = plan_static(graph, StaticOptions{});
  Calibrator calibrator(plan);
  test::Batches seen;
  for (const Batch& batch : batches) seen.emplace_back().push_back(Tensor::copy_of(batch.x.view()));
  test::calibrate(plan, calibrator, seen);
  for (const ScaleSource source : {ScaleSource::observed, ScaleSource::learned}) {
    const Trainer trainer(fake_quantize(plan, observed_ranges(plan, calibrator), source), {}, {});
    const Tensor expected = Tensor::copy_of(test::interpret(graph, seen[0])[0].view());
    const Tensor converted = Tensor::copy_of(test::interpret(trainer.converted(), seen[0])[0].view());
    float largest = 0;
    for (const float x : expected.span<float>()) largest = std::max(largest, std::abs(x));
    for (std::size_t i = 0; i < expected.span<float>().size(); ++i)
      CHECK(std::abs(expected.span<float>()[i] - converted.span<float>()[i]) < 0.05f * largest);
  }
}

TEST_CASE("weights alone are trained in the form that plan_weights gives them") {
  test::GraphBuilder b;
  const ValueId words = b.input("words", {3, 4}, DType::s64);
  const ValueId x = b.node("Gather", {b.random({6, 7}), words});
  const ValueId steps = b.node("Transpose", {x}, test::attrs({{"perm", std::vector<int64_t>{1, 0, 2}}}));
  const std::vector<ValueId> both = {steps, b.random({2, 20, 7}), b.random({2, 20, 5}), b.random({2, 40})};
  b.node("LSTM", both, test::attrs({{"hidden_size", 5}, {"direction", std::string("bidirectional")}}));
  std::vector<ValueId>& outputs = b.graph.nodes.back().outputs;
  outputs.push_back(b.graph.add_value({{}, "last"}));
  const ValueId last =
      b.node("Transpose", {outputs[1]}, test::attrs({{"perm", std::vector<int64_t>{1, 0, 2}}}));
  b.output(b.node("Gemm", {b.node("Flatten", {last}), b.random({10, 3})}));
  infer_shapes(b.graph);
  const Tensor given = Tensor::of<int64_t>({3, 4}, {0, 1, 2, 3, 4, 5, 5, 4, 0, 0, 2, 1});
  const Tensor labels = Tensor::of<int64_t>({3}, {0, 1, 2});
  const std::vector<Feed> feeds = {{"words", &given}};
  for (const ScaleSource source : {ScaleSource::observed, ScaleSource::learned})
    for (const int64_t block : {0, 4})
      for (const int bits : {2, 4, 8}) {
        INFO("blocks of " << block << ", " << bits << " bits");
        WeightsOptions options;
        options.weight_bits = bits;
        options.block = block;
        const QuantizationPlan plan = plan_weights(b.graph, options);
        Trainer trainer(fake_quantize(plan, {}, source), {.optimizer = {.learning_rate = 0.01}}, {});
        const Graph begin = trainer.converted(), planned = insert_qdq(plan, nullptr);
        const auto forms = [](const Graph& graph) {
          std::string all;
          for (const Node& node : graph.nodes)
            if (is_dequantize(node))
              all += text("{} {} {} {}\n", graph[node.inputs[0]].name, *graph[node.inputs[0]].shape,
                          *graph[node.inputs[1]].shape, node.attrs.get_int("block_size", 0));
          return all;
        };
        CHECK(forms(begin) == forms(planned));
        CHECK(test::count(begin, "DequantizeLinear") == 4);
        const float before = trainer.step(feeds, labels.view());
        for (int step = 0; step < 20; ++step) trainer.step(feeds, labels.view());
        const Graph converted = trainer.converted();
        verify(converted);
        CHECK(forms(converted) == forms(planned));
        std::vector<Tensor> inputs;
        inputs.push_back(Tensor::copy_of(given.view()));
        const double loss = cross_entropy(test::interpret(converted, inputs)[0], labels);
        const float faked = trainer.step(feeds, labels.view(), {.freezes_observers = true});
        CHECK(std::abs(loss - faked) < 1e-4);
        CHECK(faked < before);
      }
}

TEST_CASE("what cannot be trained is named") {
  const Json& json = fixture()["cases"][0];
  const Json& network = fixture()["networks"][json["network"].get<std::string>()];
  const Graph graph = network_of(network, json);
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
  WeightsOptions asymmetric;
  asymmetric.symmetric = false;
  CHECK(error([&] { fake_quantize(plan_weights(graph, asymmetric), {}); }).find("zero points of weights") !=
        std::string::npos);
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
