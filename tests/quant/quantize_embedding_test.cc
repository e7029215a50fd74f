// Tables that Gather picks rows of, quantized on request.
#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "graph/qdq.h"
#include "passes/passes.h"
#include "quant/insert_qdq.h"
#include "quant/plan_dynamic.h"
#include "support/graph_builder.h"
#include "support/interpreter.h"
#include "support/op_runner.h"
#include "support/random_data.h"

using namespace octavo;
using namespace octavo::test;

namespace {

constexpr int64_t kRows = 20, kColumns = 8;

// Rows of very different sizes, and one of zeros.
Graph embedding() {
  GraphBuilder b;
  Tensor table = b.random_tensor({kRows, kColumns});
  for (std::size_t i = 0; i < table.span<float>().size(); ++i)
    table.span<float>()[i] *= static_cast<float>(i / kColumns);
  b.output(b.node("Gather", {b.constant(std::move(table)), b.input("i", {2, 7}, DType::s64)}));
  infer_shapes(b.graph);
  return b.graph;
}

}  // namespace

TEST_CASE("a table becomes integers, with a scale a row or one, and rows of it are picked") {
  const Graph graph = embedding();
  std::vector<Tensor> feeds;
  feeds.push_back(Random(4).integers<int64_t>({2, 7}, 0, kRows - 1));
  const Tensor expected = std::move(interpret(graph, feeds)[0]);
  for (const bool per_channel : {true, false}) {
    DynamicOptions options;
    options.op_types = {"Gather"};
    options.per_channel = per_channel;
    options.reduce_range = true;  // activations alone
    Graph quantized = insert_qdq(plan_dynamic(graph, options));
    verify(quantized);
    INFO(dump(quantized));
    const QParams qparams = read_qparams(quantized, quantized.nodes[0]).value();
    CHECK(qparams.scale.size() == (per_channel ? kRows : 1));
    CHECK(quantized.constant_input(quantized.nodes[0], 0)->dtype() == DType::u8);
    lower(quantized, KernelPolicy{});
    CHECK(quantized[quantized.nodes[0].inputs[0]].dtype == DType::u8);
    CHECK(quantized.nodes[0].op->name == "Gather");
    const Tensor actual = std::move(interpret(quantized, feeds)[0]);
    for (std::size_t i = 0; i < actual.span<float>().size(); ++i) {
      const auto row = static_cast<std::size_t>(feeds[0].span<int64_t>()[i / kColumns]);
      const float step = qparams.scale[per_channel ? row : 0];
      // Half a step of rounding, and half a step of the zero_point.
      CHECK(std::abs(actual.span<float>()[i] - expected.span<float>()[i]) <= step * 1.01f);
    }
  }
}

TEST_CASE("tables stay float unless they are asked for, and where they are none of floats") {
  CHECK(count(insert_qdq(plan_dynamic(embedding(), {})), "DequantizeLinear") == 0);
  GraphBuilder b;
  b.output(b.node("Gather",
                  {b.constant(Random(3).integers<int64_t>({4, 2}, 0, 9)), b.input("i", {3}, DType::s64)}));
  infer_shapes(b.graph);
  DynamicOptions options;
  options.op_types = {"Gather"};
  CHECK(count(insert_qdq(plan_dynamic(b.graph, options)), "DequantizeLinear") == 0);
}
