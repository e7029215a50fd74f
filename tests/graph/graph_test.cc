#include "graph/graph.h"

#include <catch2/catch_test_macros.hpp>

#include "base/error.h"
#include "graph/op_def.h"
#include "graph/rewriter.h"

namespace octavo {

namespace {

constexpr OpDef kOp = {.name = "Op", .max_inputs = 2};

ValueId add_value(Graph& graph, std::string name, std::optional<Shape> shape = Shape{1}) {
  return graph.add_value({{DType::f32, std::move(shape)}, std::move(name)});
}

ValueId add_node(Graph& graph, std::string name, std::vector<ValueId> inputs) {
  const ValueId output = add_value(graph, name);
  graph.nodes.push_back(
      {.op = &kOp, .name = std::move(name), .inputs = std::move(inputs), .outputs = {output}});
  return output;
}

std::vector<std::string> output_names(const Graph& graph) {
  std::vector<std::string> names;
  for (ValueId id : graph.outputs) names.push_back(graph[id].name);
  return names;
}

}  // namespace

TEST_CASE("a unique name is one that no value has, and is given only once") {
  Graph graph;
  add_value(graph, "a");
  CHECK(graph.unique_value_name("b") == "b");
  CHECK(graph.unique_value_name("a") == "a_2");
  add_value(graph, "c");
  CHECK(graph.unique_value_name("c") == "c_2");
  CHECK(graph.unique_value_name("a") == "a_3");
}

TEST_CASE("a unique name is not that of a node either") {
  Graph graph;
  graph.nodes.push_back({.name = "a"});
  CHECK(graph.unique_value_name("a") == "a_2");
}

TEST_CASE("a copy of a graph gives out the names that the values leave, whatever the original gave") {
  Graph graph;
  add_value(graph, "a");
  CHECK(graph.unique_value_name("a") == "a_2");
  Graph copy = graph;
  CHECK(copy.unique_value_name("a") == "a_2");
  Graph moved = std::move(graph);
  CHECK(moved.unique_value_name("a") == "a_3");
}

TEST_CASE("names of values that were removed are free again") {
  Graph graph;
  const ValueId x = add_value(graph, "x");
  graph.inputs = {x};
  add_node(graph, "dead", {x});
  graph.outputs = {add_node(graph, "live", {x})};
  CHECK(graph.unique_value_name("dead") == "dead_2");
  CHECK(remove_dead(graph) == 1);
  CHECK(graph.unique_value_name("dead") == "dead");
  CHECK(graph.unique_value_name("live") == "live_2");
}

TEST_CASE("a node knows its ranks when all inputs that it has have one") {
  Graph graph;
  const ValueId known = add_value(graph, "known", Shape{kDynamic}),
                unknown = add_value(graph, "unknown", std::nullopt);
  CHECK(graph.knows_types({.op = &kOp, .inputs = {known, kNoValue}}));
  CHECK_FALSE(graph.knows_types({.op = &kOp, .inputs = {known, unknown}}));
}

TEST_CASE("replacing a value keeps the names of outputs and what is known of its readers") {
  Graph graph;
  const ValueId x = add_value(graph, "x");
  graph.inputs = {x};
  const ValueId a = add_node(graph, "a", {x}), b = add_node(graph, "b", {a}),
                c = add_node(graph, "c", {b, b});
  graph.outputs = {b, c};
  Uses uses(graph);
  replace_uses(graph, uses, b, a);
  CHECK(graph.nodes[2].inputs == std::vector<ValueId>{a, a});
  CHECK(output_names(graph) == std::vector<std::string>{"b", "c"});
  CHECK(uses.is_output[a]);
  CHECK_FALSE(uses.is_output[b]);
  CHECK(uses.consumers[b].empty());
  CHECK(uses.consumers[a].size() == 3);
  CHECK(uses.only_consumer(a) == Uses::kNone);
  verify(graph);
}

TEST_CASE("nodes that read each other are a cycle, and are named") {
  Graph graph;
  const ValueId a = add_value(graph, "a"), b = add_value(graph, "b");
  graph.nodes = {{.op = &kOp, .name = "first", .inputs = {b}, .outputs = {a}},
                 {.op = &kOp, .name = "second", .inputs = {a}, .outputs = {b}}};
  graph.outputs = {a};
  try {
    sort_nodes(graph);
    FAIL("no cycle was found");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::invalid_graph);
    CHECK((error.node() == "first" || error.node() == "second"));
  }
}

}  // namespace octavo
