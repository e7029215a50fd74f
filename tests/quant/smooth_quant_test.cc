// Outliers of channels move into weights, against tools/fixtures/smooth_quant.py.
#include "quant/smooth_quant.h"

#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "graph/qdq.h"
#include "passes/passes.h"
#include "quant/insert_qdq.h"
#include "quant/plan_static.h"
#include "quant/qdq.h"
#include "support/calibrate.h"
#include "support/graph_builder.h"
#include "support/interpreter.h"
#include "support/json_fixture.h"

using namespace octavo;
using namespace octavo::test;

namespace {

constexpr double kTolerance = 1e-5;

Tensor matrix(const Json& rows) {
  std::vector<float> all;
  for (const Json& row : rows)
    for (const float value : to_floats(row)) all.push_back(value);
  return Tensor::of<float>({std::ssize(rows), std::ssize(rows[0])}, std::span<const float>(all));
}

Tensor transposed(const Tensor& tensor) {
  const int64_t n = tensor.shape()[0], k = tensor.shape()[1];
  Tensor result(DType::f32, {k, n});
  for (int64_t row = 0; row < n; ++row)
    for (int64_t column = 0; column < k; ++column)
      result.span<float>()[column * n + row] = tensor.span<float>()[row * k + column];
  return result;
}

Tensor vector(const Json& values) {
  const std::vector<float> floats = to_floats(values);
  return Tensor::of<float>({std::ssize(floats)}, std::span<const float>(floats));
}

// How the end of a normalization is spelt.
enum class Spelling : uint8_t { normalization, product, other_way_round };

struct Network {
  GraphBuilder b;
  ValueId smoothed;
};

// Both layers of a case behind the end of a normalization; one as MatMul, one as Gemm with transB.
Network network_of(const Json& c, Spelling spelling) {
  Network network;
  GraphBuilder& b = network.b;
  const Tensor x = matrix(c["normalized"]);
  const ValueId input = b.input("x", x.shape());
  const ValueId gain = b.constant(vector(c["gain"]));
  if (spelling == Spelling::normalization) {
    network.smoothed = b.node("LayerNormalization", {input, gain, b.constant(vector(c["shift"]))});
  } else {
    const bool is_first = spelling == Spelling::other_way_round;
    network.smoothed = b.node("Mul", is_first ? std::vector{gain, input} : std::vector{input, gain});
  }
  b.output(b.node("MatMul", {network.smoothed, b.constant(transposed(matrix(c["weights"][0])))}));
  b.output(b.node("Gemm", {network.smoothed, b.constant(matrix(c["weights"][1]))},
                  attrs({{"transB", int64_t{1}}})));
  infer_shapes(b.graph);
  return network;
}

StaticOptions options_of(double alpha) {
  StaticOptions options;
  options.observer.kind = ObserverKind::minmax;
  options.rounding = Rounding::nearest;
  options.smoothing = alpha;
  return options;
}

bool agrees(double ours, double theirs) { return std::abs(ours - theirs) <= kTolerance * std::abs(theirs); }

Batches batch_of(Tensor tensor) {
  Batches batches;
  batches.emplace_back().push_back(std::move(tensor));
  return batches;
}

double error(const Graph& graph, const Graph& other, const std::vector<Tensor>& batch) {
  double sum = 0;
  const auto a = interpret(graph, batch), b = interpret(other, batch);
  for (std::size_t output = 0; output < a.size(); ++output)
    for (int64_t i = 0; i < a[output].shape().elements(); ++i) {
      const double difference =
          static_cast<double>(a[output].span<float>()[i]) - static_cast<double>(b[output].span<float>()[i]);
      sum += difference * difference;
    }
  return sum;
}

}  // namespace

TEST_CASE("scales of smoothed activations and weights are those of NumPy, however a normalization ends") {
  const Json fixture = read_json_fixture("smooth_quant.json");
  for (const Json& c : fixture["cases"])
    for (const auto spelling : {Spelling::normalization, Spelling::product, Spelling::other_way_round}) {
      const Json& result = c[spelling == Spelling::normalization ? "normalization" : "product"];
      const Network network = network_of(c, spelling);
      CAPTURE(static_cast<int>(spelling), c["alpha"].dump());
      QuantizationPlan plan = plan_static(network.b.graph, options_of(c["alpha"]));
      REQUIRE(plan.values.contains(network.smoothed));
      Calibrator calibrator(plan);
      // A LayerNormalization computes again what is normalized already.
      const Batches batches = batch_of(matrix(c["normalized"]));
      calibrate(plan, calibrator, batches);
      const auto scale_of = [&] {
        return choose_activation_qparams(calibrator.range(network.smoothed), 0, 255).scale[0];
      };
      CHECK(agrees(scale_of(), result["before"]["activation"]));
      const Applied applied = smooth(plan, calibrator);
      CHECK(applied.layers == 2);
      CHECK(applied.unchanged == 0);
      CHECK(*applied.gain_db > 0);
      CHECK(agrees(scale_of(), result["after"]["activation"]));
      for (uint32_t layer = 0; layer < 2; ++layer) {
        const uint32_t n = static_cast<uint32_t>(plan.graph.nodes.size()) - 2 + layer;
        const Node& node = plan.graph.nodes[n];
        const QParams qparams = weight_qparams(plan.graph, node, node.inputs[1], plan.operands.at({n, 1}));
        const Json& expected = result["after"]["weights"][layer];
        REQUIRE(qparams.scale.size() == expected.size());
        for (std::size_t i = 0; i < expected.size(); ++i) CHECK(agrees(qparams.scale[i], expected[i]));
      }
      // The same function, and its integers nearer to it.
      CHECK(error(network.b.graph, plan.graph, batches[0]) < 1e-6);
      const double smoothed = error(network.b.graph, insert_qdq(plan, &calibrator), batches[0]);
      const QuantizationPlan plain = plan_static(network.b.graph, options_of(0));
      Calibrator other(plain);
      calibrate(plain, other, batches);
      CHECK(smoothed < error(network.b.graph, insert_qdq(plain, &other), batches[0]));
    }
}

TEST_CASE("rounding with feedback sees what smoothing has made of inputs") {
  const Json fixture = read_json_fixture("smooth_quant.json");
  const Network network = network_of(fixture["cases"][0], Spelling::normalization);
  const Batches batches = batch_of(matrix(fixture["cases"][0]["normalized"]));
  StaticOptions options = options_of(0.5);
  options.rounding = Rounding::gptq;
  QuantizationPlan plan = plan_static(network.b.graph, options);
  Calibrator calibrator(plan);
  calibrate(plan, calibrator, batches);
  smooth(plan, calibrator);
  // What is calibrated on the network that was made.
  Calibrator again(plan);
  calibrate(plan, again, batches);
  const int64_t id = ProductIds(plan.graph).values + int64_t{network.smoothed};
  const Gram *const divided = calibrator.gram(id), *const seen = again.gram(id);
  REQUIRE(divided != nullptr);
  REQUIRE(seen != nullptr);
  const double size = seen->product(0, 0, 0);
  for (int64_t i = 0; i < seen->depth(); ++i) {
    CHECK(std::abs(divided->mean(0, i) - seen->mean(0, i)) < 1e-4 * size);
    for (int64_t k = 0; k <= i; ++k)
      CHECK(std::abs(divided->product(0, i, k) - seen->product(0, i, k)) < 1e-4 * size);
  }
}

TEST_CASE("what others read, too, what constants share, and what has no outliers is not smoothed") {
  const auto smoothed = [](auto build) {
    GraphBuilder b;
    const ValueId x = b.input("x", {6, 8});
    build(b, x);
    infer_shapes(b.graph);
    QuantizationPlan plan = plan_static(b.graph, options_of(0.5));
    Calibrator calibrator(plan);
    Batches batches;
    batches.emplace_back().push_back(b.random_tensor({6, 8}));
    calibrate(plan, calibrator, batches);
    const Applied applied = smooth(plan, calibrator);
    verify(insert_qdq(plan, &calibrator));
    CHECK(applied.method == "smoothQuant");
    return applied.layers;
  };
  const auto uneven = [](GraphBuilder& b) { return b.constant({8}, {1, 90, 1, 1, 1, 70, 1, 1}); };
  CHECK(smoothed([&](GraphBuilder& b, ValueId x) {
          const ValueId y = b.node("LayerNormalization", {x, uneven(b)});
          b.output(b.node("MatMul", {y, b.random({8, 3})}));
        }) == 1);
  // Read by a sum, as behind the attention of BERT.
  CHECK(smoothed([&](GraphBuilder& b, ValueId x) {
          const ValueId y = b.node("LayerNormalization", {x, uneven(b)});
          b.output(b.node("Add", {y, b.node("MatMul", {y, b.random({8, 8})})}));
        }) == 0);
  CHECK(smoothed([&](GraphBuilder& b, ValueId x) {
          const ValueId y = b.node("LayerNormalization", {x, uneven(b)});
          b.output(y);
          b.output(b.node("MatMul", {y, b.random({8, 3})}));
        }) == 0);
  // One vector for two normalizations, one matrix for two products.
  CHECK(smoothed([&](GraphBuilder& b, ValueId x) {
          const ValueId gain = uneven(b);
          for (int i = 0; i < 2; ++i)
            b.output(b.node("MatMul", {b.node("LayerNormalization", {x, gain}), b.random({8, 3})}));
        }) == 0);
  CHECK(smoothed([&](GraphBuilder& b, ValueId x) {
          const ValueId w = b.random({8, 3});
          for (int i = 0; i < 2; ++i)
            b.output(b.node("MatMul", {b.node("LayerNormalization", {x, uneven(b)}), w}));
        }) == 0);
  CHECK(smoothed([&](GraphBuilder& b, ValueId x) {
          b.output(b.node("MatMul", {b.node("Relu", {x}), b.random({8, 3})}));
        }) == 0);
}
