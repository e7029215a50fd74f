// Networks of 16-bit floats.
#include <catch2/catch_test_macros.hpp>

#include "engine/engine.h"
#include "onnx/model_builder.h"

namespace octavo::onnx {
TEST_CASE("a network of float16 takes and gives float16 and computes float32") {
  ModelBuilder builder;
  builder.inputs = {value_info("x", kHalf, {2})};
  builder.outputs = {value_info("y", kHalf, {2})};
  builder.nodes = {node("Relu", {"x"}, {"a"}), node("Cast", {"a"}, {"b"}, {attribute("to", int64_t{kHalf})}),
                   node("Add", {"b", "b"}, {"y"})};
  const std::string file = builder.bytes();
  const auto model = octavo::Model::load(std::as_bytes(std::span(file)), {});
  const Graph& graph = model->graph();
  CHECK(graph[graph.inputs[0]].dtype == DType::f16);
  CHECK(graph[graph.inputs[0]].name == "x");
  CHECK(graph[graph.outputs[0]].dtype == DType::f16);
  CHECK(graph[graph.outputs[0]].name == "y");
  for (const Node& node : graph.nodes)
    if (node.op->name == "Add") CHECK(graph[node.inputs[0]].dtype == DType::f32);
  Tensor x(DType::f16, {2});
  x.span<Float16>()[0] = Float16(1.5f);
  x.span<Float16>()[1] = Float16(-2.0f);
  const Feed feed{"x", &x};
  const TensorView y = model->run({&feed, 1})[0];
  REQUIRE(y.dtype == DType::f16);
  CHECK(static_cast<float>(y.as<Float16>()[0]) == 3.0f);
  CHECK(static_cast<float>(y.as<Float16>()[1]) == 0.0f);
}

}  // namespace octavo::onnx
