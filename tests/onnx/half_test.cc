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

TEST_CASE("a network of float16 that was written is read as what it is") {
  const auto round_trip = [](const std::string& file) {
    return octavo::Model::load(std::as_bytes(std::span(file)), {})->to_onnx();
  };
  ModelBuilder builder;
  builder.inputs = {value_info("x", kHalf, {2})};
  std::vector<std::string> names = {"y"};
  SECTION("of several nodes, one of which takes the name that a Cast would have") {
    names = {"y", "x_float32"};
    builder.nodes = {node("Relu", {"x"}, {"x_float32"}), node("Add", {"x", "x_float32"}, {"y"})};
  }
  SECTION("whose input is an output") {
    names = {"x"};
    builder.nodes = {node("Relu", {"x"}, {"y"})};
  }
  SECTION("that is one Cast") {
    builder.nodes = {node("Cast", {"x"}, {"y"}, {attribute("to", int64_t{kHalf})})};
  }
  SECTION("whose output is constant") {
    names = {"c"};
    builder.initializers = {tensor("c", kHalf, {2}, [](protozero::pbf_writer& out) {
      const std::vector<int32_t> one_and_two = {0x3C00, 0x4000};
      out.add_packed_int32(tensor_proto::int32_data, one_and_two.begin(), one_and_two.end());
    })};
  }
  builder.outputs.clear();
  for (const std::string& name : names) builder.outputs.push_back(value_info(name, kHalf, {2}));
  const std::string written = round_trip(builder.bytes());
  CHECK(round_trip(written) == written);
  const auto model = octavo::Model::load(std::as_bytes(std::span(written)), {});
  const Graph& graph = model->graph();
  for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
    CHECK(graph[graph.outputs[i]].name == names[i]);
    CHECK(graph[graph.outputs[i]].dtype == DType::f16);
  }
}

}  // namespace octavo::onnx
