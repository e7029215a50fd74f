// A body that takes values from the graphs around it, from the file to the run.
#include <catch2/catch_test_macros.hpp>

#include "engine/engine.h"
#include "graph/op_def.h"
#include "graph/rewriter.h"
#include "onnx/model_builder.h"

namespace octavo::onnx {
namespace {

// y = body(body(… x)), `times` times: what Loop will be.
constexpr AttrDef kRepeatAttributes[] = {{"times", AttrKind::integer}, {"body", AttrKind::graph}};

void infer_repeat(InferContext& ctx) { ctx.set(0, ctx.dtype(0), ctx.shape(0)); }

StepPlan plan_repeat(const PlanContext& ctx) { return {.state = PlanState(ctx.attrs().get_int("times", 1))}; }

void run_repeat(RunContext& ctx) {
  TensorView x = ctx.inputs[0];
  for (int64_t i = 0; i < ctx.planned<int64_t>(); ++i) {
    const TensorView y = ctx.bodies->call(0, {&x, 1})[0];
    std::copy_n(y.data, y.bytes(), ctx.outputs[0].data);
    x = ctx.outputs[0];
  }
}

OCTAVO_OPERATOR(repeat, {.name = "org.example.Repeat",
                         .attributes = kRepeatAttributes,
                         .infer = infer_repeat,
                         .plan = plan_repeat,
                         .run = run_repeat});

Bytes graph_attribute(std::string_view name, const std::vector<Bytes>& nodes, const Bytes& input,
                      const Bytes& output, const std::vector<Bytes>& initializers = {}) {
  return message([&](protozero::pbf_writer& out) {
    out.add_string(attribute_proto::name, name.data(), name.size());
    out.add_int32(attribute_proto::type, static_cast<int32_t>(attribute_proto::Type::graph));
    protozero::pbf_writer graph(out, attribute_proto::g);
    for (const Bytes& node : nodes) graph.add_message(graph_proto::node, node);
    for (const Bytes& tensor : initializers) graph.add_message(graph_proto::initializer, tensor);
    graph.add_message(graph_proto::input, input);
    graph.add_message(graph_proto::output, output);
  });
}

Bytes repeat_node(const std::vector<Bytes>& attributes) {
  Bytes bytes = node("Repeat", {"x"}, {"y"}, attributes, "again");
  protozero::pbf_writer(bytes).add_string(node_proto::domain, "org.example");
  return bytes;
}

const std::vector<int64_t> kShape = {2, 3};

// v → v · weight + slope(x), where weight is an initializer and slope a value of the outer graph.
ModelBuilder repeating() {
  ModelBuilder builder;
  builder.initializers = {float_tensor("weight", {}, {2}), float_tensor("ten", {}, {10})};
  builder.nodes = {
      node("Mul", {"x", "ten"}, {"slope"}),
      repeat_node(
          {attribute("times", int64_t{2}),
           graph_attribute(
               "body", {node("Mul", {"v", "weight"}, {"scaled"}), node("Add", {"scaled", "slope"}, {"w"})},
               value_info("v", kFloat, kShape), value_info("w", kFloat, kShape))})};
  return builder;
}

std::vector<float> run(octavo::Model& model, float x) {
  Tensor tensor(DType::f32, {2, 3});
  for (float& element : tensor.span<float>()) element = x;
  const Feed feed{"x", &tensor};
  const auto y = model.run({&feed, 1})[0].span<float>();
  return {y.begin(), y.end()};
}

}  // namespace

TEST_CASE("a body takes values from outside, which become inputs of the node, and constants as they are") {
  const Graph graph = repeating().read().graph;
  const Node& repeat = graph.nodes[1];
  REQUIRE(repeat.subgraphs.size() == 1);
  const Subgraph& body = repeat.subgraphs[0];
  CHECK(body.captures == 1);
  CHECK(body.graph.inputs.size() == 2);
  CHECK(graph[repeat.inputs[body.first_capture]].name == "slope");
  CHECK(body.graph.nodes.size() == 2);
  verify(graph);
}

TEST_CASE("dead code and the order of nodes see what a body takes") {
  Graph graph = repeating().read().graph;
  std::swap(graph.nodes[0], graph.nodes[1]);
  sort_nodes(graph);
  remove_dead(graph);
  REQUIRE(graph.nodes.size() == 2);
  CHECK(graph.nodes[0].op->name == "Mul");
  verify(graph);
}

TEST_CASE("a body runs as often as its node asks, on its own inputs and on what it takes") {
  const Bytes bytes = repeating().bytes();
  const auto model = octavo::Model::load(std::as_bytes(std::span(bytes)), KernelPolicy{});
  // x = 1: 2·1 + 10 = 12, 2·12 + 10 = 34. x = 3: 2·3 + 30 = 36, 2·36 + 30 = 102.
  for (int again = 0; again < 2; ++again) {
    CHECK(run(*model, 1) == std::vector<float>(6, 34));
    CHECK(run(*model, 3) == std::vector<float>(6, 102));
  }
}

TEST_CASE("a body within a body takes from both graphs around it") {
  ModelBuilder builder = repeating();
  const Bytes inner =
      graph_attribute("body", {node("Add", {"u", "slope"}, {"t"}), node("Add", {"t", "v"}, {"r"})},
                      value_info("u", kFloat, kShape), value_info("r", kFloat, kShape));
  Bytes nested = node("Repeat", {"v"}, {"w"}, {attribute("times", int64_t{1}), inner}, "inner");
  protozero::pbf_writer(nested).add_string(node_proto::domain, "org.example");
  builder.nodes[1] = repeat_node(
      {attribute("times", int64_t{2}),
       graph_attribute("body", {nested}, value_info("v", kFloat, kShape), value_info("w", kFloat, kShape))});
  const Bytes bytes = builder.bytes();
  const auto model = octavo::Model::load(std::as_bytes(std::span(bytes)), KernelPolicy{});
  CHECK(run(*model, 1) == std::vector<float>(6, 34));  // v → (v + 10) + v
}

// If(yes) with two outputs, of which a branch gives one, from a value whose rank the file does not say.
TEST_CASE("a branch with too few outputs is refused, also where it is taken ahead of any run") {
  const auto branch = [](std::string_view name, bool has_input) {
    return message([&](protozero::pbf_writer& out) {
      out.add_string(attribute_proto::name, name.data(), name.size());
      out.add_int32(attribute_proto::type, static_cast<int32_t>(attribute_proto::Type::graph));
      protozero::pbf_writer graph(out, attribute_proto::g);
      graph.add_message(graph_proto::node, node("Relu", {"a"}, {"b"}));
      if (has_input) graph.add_message(graph_proto::input, value_info("own", kFloat, {}));
      graph.add_message(graph_proto::output, value_info("b", kFloat, {}));
    });
  };
  const auto load = [&](const std::vector<std::string>& outputs, bool has_input) -> std::string {
    ModelBuilder builder;
    builder.initializers = {tensor("yes", kBool, {}, [](protozero::pbf_writer& out) {
      out.add_bytes(tensor_proto::raw_data, "\1", 1);
    })};
    builder.inputs.push_back(value_info("dims", kInt64, {-1}));
    builder.nodes = {node("Reshape", {"x", "dims"}, {"a"}),
                     node("If", {"yes"}, outputs,
                          {branch("then_branch", has_input), branch("else_branch", has_input)}, "choice"),
                     node("Sum", outputs, {"y"})};
    const Bytes bytes = builder.bytes();
    try {
      octavo::Model::load(std::as_bytes(std::span(bytes)), KernelPolicy{});
    } catch (const Error& error) {
      return text("{} {}", error_code_name(error.code()), error.node());
    }
    return "";
  };
  CHECK(load({"p"}, false) == "");
  CHECK(load({"p", "q"}, false) == "InvalidGraph choice");
  CHECK(load({"p"}, true) == "InvalidGraph choice");
}

TEST_CASE("bodies that are wrong are refused") {
  ModelBuilder builder = repeating();
  builder.nodes[1] = repeat_node({attribute("times", int64_t{2})});
  CHECK(failure(builder).code() == ErrorCode::invalid_graph);
  CHECK(failure(builder).node() == "again");

  const auto body = [](const Bytes& inner) {
    return graph_attribute("body", {inner}, value_info("v", kFloat, kShape), value_info("w", kFloat, kShape));
  };
  builder.nodes[1] = repeat_node({body(node("Add", {"v", "nowhere"}, {"w"}))});
  CHECK(std::string_view(failure(builder).what()).contains("nowhere"));
  builder.nodes[1] = repeat_node({body(node("Relu", {"v"}, {"z"}))});
  CHECK(failure(builder).code() == ErrorCode::invalid_model);

  Bytes nested = node("Relu", {"v"}, {"w"});
  for (int depth = 0; depth < 20; ++depth) {
    Bytes again = node("Repeat", {"v"}, {"w"}, {body(nested)});
    protozero::pbf_writer(again).add_string(node_proto::domain, "org.example");
    nested = again;
  }
  builder.nodes[1] = repeat_node({body(nested)});
  CHECK(std::string_view(failure(builder).what()).contains("nested"));
}

}  // namespace octavo::onnx
