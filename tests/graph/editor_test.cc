#include "graph/editor.h"

#include <catch2/catch_test_macros.hpp>

#include "graph/op_def.h"
#include "support/graph_builder.h"

using namespace octavo;
using namespace octavo::test;

namespace {

// The layer graph has no operators: these stand for any.
OCTAVO_OPERATOR(one, {.name = "test.One"});
OCTAVO_OPERATOR(two, {.name = "test.Two", .min_inputs = 2, .max_inputs = 2});

struct Chain {
  GraphBuilder b;
  ValueId x = b.input("x", {2}), first = b.node("test.One", {x}), second = b.node("test.One", {first});
  Chain() { b.output(second); }
};

}  // namespace

TEST_CASE("an editor knows readers and producers while nodes change") {
  Chain c;
  GraphEditor editor(c.b.graph);
  CHECK(editor.uses().only_consumer(c.x) == 0);
  CHECK(editor.producer(c.x) == nullptr);
  CHECK(editor.producer(kNoValue) == nullptr);
  editor.become(1, "test.Two", {c.x, c.x});
  // The first node is read by nobody now, and counts no more.
  CHECK(editor.uses().consumers[c.x] == std::vector<uint32_t>{1, 1});
  CHECK(editor.uses().consumers[c.first].empty());
  CHECK(editor.producer(c.second)->op->name == "test.Two");
  editor.finish();
  REQUIRE(c.b.graph.nodes.size() == 1);
  verify(c.b.graph);
}

TEST_CASE("a node that is added stands before its readers in the end") {
  Chain c;
  GraphEditor editor(c.b.graph);
  const ValueId added = editor.add_node("test.One", {c.first}, "test.One", Shape{2}).outputs[0];
  editor.become(1, "test.Two", {c.first, added});
  CHECK(editor.producer(added)->inputs == std::vector<ValueId>{c.first});
  editor.finish();
  REQUIRE(c.b.graph.nodes.size() == 3);
  verify(c.b.graph);
}

TEST_CASE("replacing an output's uses swaps the names") {
  Chain c;
  c.b.graph[c.second].name = "y";
  GraphEditor editor(c.b.graph);
  editor.replace_uses(c.second, c.first);
  CHECK(c.b.graph.outputs == std::vector<ValueId>{c.first});
  CHECK(c.b.graph[c.first].name == "y");
  editor.finish();
  CHECK(c.b.graph.nodes.size() == 1);
}
