// Weights that stay float, in 16 bits in a file and in 32 in memory.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <limits>

#include "engine/engine.h"
#include "onnx/half_storage.h"
#include "onnx/model_builder.h"
#include "support/graph_builder.h"

namespace octavo::onnx {
namespace {

using namespace octavo::test;

constexpr FileForm kHalves{.storage = Storage::float16};

std::unique_ptr<octavo::Model> load(const Bytes& file) {
  return octavo::Model::load(std::as_bytes(std::span(file)), KernelPolicy{});
}

// x [2, rows] · w + b
Model product(Tensor w) {
  GraphBuilder b;
  const int64_t rows = w.shape()[0], columns = w.shape()[1];
  const ValueId x = b.input("x", {2, rows});
  b.output(b.node("Gemm", {x, b.constant(std::move(w)), b.random({columns})}));
  b.graph[b.graph.outputs[0]].dtype = DType::f32;
  return {.graph = std::move(b.graph)};
}

Tensor filled(Shape shape, float x) {
  Tensor tensor(DType::f32, std::move(shape));
  std::ranges::fill(tensor.span<float>(), x);
  return tensor;
}

// Whether w of a product of 16 x 16 weights becomes halves.
bool is_halved(Tensor w) {
  const Flags halves = find_halves(product(std::move(w)).graph);
  return std::ranges::count(halves, 1) == 1;
}

const Tensor& weight_of(const octavo::Model& model) {
  const Graph& graph = model.graph();
  return *graph.constant_input(graph.nodes.back(), 1);
}

TEST_CASE("float16 storage halves a file, and loads as the network that it was, rounded to the nearest") {
  GraphBuilder b;
  Tensor w = b.random_tensor({64, 512});  // large enough to move out of the file in place
  w.span<float>()[0] = 2049;              // between two halves: to the even one
  w.span<float>()[1] = 0x1.8p-24f;        // between two subnormal ones
  w.span<float>()[2] = -0x1p-24f;
  const auto before = load(write_model(product(std::move(w))));
  const Bytes floats = before->to_onnx(), file = before->to_onnx(kHalves);
  CHECK(file.size() < floats.size() / 2 + 600);

  const auto after = load(file);
  CHECK(dump(after->graph()) == dump(before->graph()));
  const auto x = weight_of(*before).span<float>(), y = weight_of(*after).span<float>();
  CHECK(std::ranges::equal(y, x, {}, {}, [](float f) { return static_cast<float>(Float16(f)); }));
  CHECK(y[0] == 2048);
  CHECK(y[1] == 0x1p-23f);
  CHECK(y[2] == -0x1p-24f);

  CHECK(after->to_onnx(kHalves) == file);
  CHECK(after->to_onnx().size() == floats.size());
  CHECK(load(after->to_onnx())->to_onnx(kHalves) == file);
  // The same, whether what was packed has given its memory back or not.
  std::vector<Tensor> feeds;
  const Tensor input = filled({2, 64}, 1);
  const Feed feed{"x", &input};
  after->run({&feed, 1});
  CHECK(after->to_onnx(kHalves) == file);
}

TEST_CASE("what float16 would lose stays float32") {
  GraphBuilder b;
  CHECK(is_halved(b.random_tensor({16, 16})));
  CHECK(!is_halved(b.random_tensor({15, 17})));  // a Cast takes as much
  CHECK(is_halved(filled({16, 16}, 0)));
  CHECK(is_halved(filled({16, 16}, 65504)));
  CHECK(!is_halved(filled({16, 16}, 65520)));
  for (float x :
       {70000.0f, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    Tensor w = b.random_tensor({16, 16});
    w.span<float>()[7] = x;
    CHECK(!is_halved(std::move(w)));
  }
  // Subnormal numbers are coarse: fine beside others, but not alone.
  CHECK(!is_halved(b.random_tensor({16, 16}, 1e-6f)));
  Tensor w = b.random_tensor({16, 16}, 1e-6f);
  w.span<float>()[0] = 1;
  CHECK(is_halved(std::move(w)));
}

TEST_CASE("scales and what decides shapes stay float32") {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 512}), one = b.constant({}, {1});
  const ValueId w = b.constant(Tensor(DType::s8, {512, 512})), scale = b.constant(filled({512}, 0.5f));
  const ValueId dequantized = b.node("DequantizeLinear", {w, scale}, attrs({{"axis", int64_t{1}}}));
  b.output(b.node("MatMul", {x, dequantized}));
  CHECK(std::ranges::count(find_halves(b.graph), 1) == 0);
  b.output(b.node("Add", {x, scale}));  // the same tensor
  b.output(b.node("Mul", {x, b.random({512})}));
  b.output(b.node("Mul", {x, one}));
  CHECK(std::ranges::count(find_halves(b.graph), 1) == 1);
}

TEST_CASE("names of halves are new ones, and those of the network stay") {
  Model model = product(GraphBuilder().random_tensor({16, 16}));
  Graph& graph = model.graph;
  graph[graph.inputs[0]].name = text("{}_float16", graph[graph.nodes[0].inputs[1]].name);
  const auto before = load(write_model(model));
  const Bytes file = before->to_onnx(kHalves);
  CHECK(dump(load(file)->graph()) == dump(before->graph()));
  CHECK(load(file)->to_onnx(kHalves) == file);
}

// If(yes, fed) → x + w or x - w, where w is a constant of the graph around, which reads it as well.
TEST_CASE("a weight that bodies share stays one, in the file and in memory") {
  const auto branch = [](std::string_view name, std::string_view op) {
    return message([&](protozero::pbf_writer& out) {
      out.add_string(attribute_proto::name, name.data(), name.size());
      out.add_int32(attribute_proto::type, static_cast<int32_t>(attribute_proto::Type::graph));
      protozero::pbf_writer graph(out, attribute_proto::g);
      graph.add_message(graph_proto::node, node(op, {"x", "w"}, {text("{}_out", name)}));
      graph.add_message(graph_proto::output, value_info(text("{}_out", name), kFloat, {256}));
    });
  };
  ModelBuilder builder;
  builder.inputs = {value_info("x", kFloat, {256}), value_info("yes", kBool, {})};
  builder.outputs = {value_info("y", kFloat, {256})};
  builder.initializers = {float_tensor("w", {256}, std::vector<float>(256, 0.3f))};
  builder.nodes = {
      node("If", {"yes"}, {"z"}, {branch("then_branch", "Add"), branch("else_branch", "Sub")}, "choice"),
      node("Mul", {"z", "w"}, {"y"})};
  const auto model = load(builder.bytes());
  const Bytes file = model->to_onnx(kHalves);
  const auto again = load(file);
  CHECK(again->to_onnx(kHalves) == file);
  const Graph& graph = again->graph();
  REQUIRE(graph.nodes.size() == 2);
  const Tensor* const w = graph.constant_input(graph.nodes[1], 1);
  REQUIRE(w != nullptr);
  CHECK(w->span<float>()[0] == static_cast<float>(Float16(0.3f)));
  for (const Subgraph& body : graph.nodes[0].subgraphs) {
    REQUIRE(body.graph.nodes.size() == 1);
    CHECK(body.graph.constant_input(body.graph.nodes[0], 1) == w);
  }
}

}  // namespace
}  // namespace octavo::onnx
