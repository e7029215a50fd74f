// Biases make up for what weights are rounded by.
#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "graph/qdq.h"
#include "graph/rewriter.h"
#include "quant/insert_qdq.h"
#include "quant/plan_static.h"
#include "support/calibrate.h"
#include "support/graph_builder.h"
#include "support/json_fixture.h"

using namespace octavo;
using namespace octavo::test;

namespace {

Shape shape_of(const Json& json) {
  Shape shape;
  for (const Json* each = &json; each->is_array(); each = &(*each)[0])
    shape.dims.push_back(static_cast<int64_t>(each->size()));
  return shape;
}

void append(const Json& json, std::vector<float>& values) {
  if (json[0].is_array()) {
    for (const Json& each : json) append(each, values);
  } else {
    for (float value : to_floats(json)) values.push_back(value);
  }
}

Tensor tensor_of(const Json& json) {
  std::vector<float> values;
  append(json, values);
  Tensor tensor(DType::f32, shape_of(json));
  std::ranges::copy(values, tensor.span<float>().begin());
  return tensor;
}

struct Quantized {
  Graph graph;
  std::vector<Applied> applied;
  std::vector<float> bias, unit;
};

Quantized quantize(const Graph& graph, const StaticOptions& options, const Batches& batches) {
  const QuantizationPlan plan = plan_static(graph, options);
  Calibrator calibrator(plan);
  calibrate(plan, calibrator, batches);
  Quantized quantized;
  quantized.graph = insert_qdq(plan, &calibrator, &quantized.applied);
  verify(quantized.graph);
  const auto conv =
      std::ranges::find(quantized.graph.nodes, "Conv", [](const Node& node) { return node.op->name; });
  const Uses uses(quantized.graph);
  const Node& dequantize = quantized.graph.nodes[uses.producer[conv->inputs[2]]];
  quantized.unit = read_qparams(quantized.graph, dequantize).value().scale;
  const auto integers = quantized.graph.constant_input(dequantize, 0)->span<int32_t>();
  for (std::size_t i = 0; i < integers.size(); ++i)
    quantized.bias.push_back(static_cast<float>(integers[i]) * quantized.unit[i]);
  return quantized;
}

}  // namespace

// tools/fixtures/bias_correction.py
TEST_CASE("biases are corrected by what their weights are rounded by, but not beyond themselves") {
  for (const Json& test : read_json_fixture("bias_correction.json")["cases"]) {
    GraphBuilder b;
    Batches batches;
    batches.emplace_back().push_back(tensor_of(test["x"]));
    const ValueId x = b.input("x", batches[0][0].shape());
    b.output(b.node("Conv", {x, b.constant(tensor_of(test["weights"])), b.constant(tensor_of(test["bias"]))},
                    attrs({{"group", static_cast<int64_t>(test["groups"])}})));
    infer_shapes(b.graph);
    StaticOptions options;
    options.rounding = Rounding::nearest;
    const Quantized corrected = quantize(b.graph, options, batches);
    const bool is_within = !test["corrected"].is_null();
    REQUIRE(corrected.applied.size() == 1);
    CHECK(corrected.applied[0].method == "biasCorrection");
    CHECK(corrected.applied[0].layers == int{is_within});
    CHECK(corrected.applied[0].unchanged == int{!is_within});
    const std::vector<float> expected = to_floats(is_within ? test["corrected"] : test["bias"]);
    for (std::size_t i = 0; i < expected.size(); ++i)
      CHECK(std::abs(corrected.bias[i] - expected[i]) <=
            0.5f * corrected.unit[i] + 1e-5f * std::abs(expected[i]));

    options.bias_correction = false;
    const Quantized plain = quantize(b.graph, options, batches);
    CHECK(plain.applied.empty());
    const std::vector<float> bias = to_floats(test["bias"]);
    for (std::size_t i = 0; i < bias.size(); ++i)
      CHECK(std::abs(plain.bias[i] - bias[i]) <= 0.5f * plain.unit[i] + 1e-6f * std::abs(bias[i]));
  }
}
