// What passes do in bodies, and with what bodies take from outside.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <set>

#include "base/error.h"
#include "passes/passes.h"
#include "support/graph_builder.h"
#include "support/random_data.h"

using namespace octavo;
using namespace octavo::test;

namespace {

// If(condition) of a body twice, whose inputs are `outside`.
ValueId add_if(GraphBuilder& b, ValueId condition, const Graph& body, const std::vector<ValueId>& outside) {
  Node node{.op = &get_op("If"), .name = "choice"};
  node.inputs = {condition};
  for (int branch = 0; branch < 2; ++branch) {
    Subgraph& copy = node.subgraphs.emplace_back();
    copy.graph = body;
    copy.first_capture = static_cast<uint32_t>(node.inputs.size());
    copy.captures = static_cast<uint32_t>(outside.size());
    node.inputs.insert(node.inputs.end(), outside.begin(), outside.end());
  }
  const ValueId chosen = b.graph.add_value({{}, "chosen"});
  node.outputs = {chosen};
  b.graph.nodes.push_back(std::move(node));
  return chosen;
}

Tensor truth() {
  Tensor yes(DType::boolean, {});
  yes.span<bool>()[0] = true;
  return yes;
}

}  // namespace

TEST_CASE("A body has constants of outside for its own, and takes nothing that it does not read") {
  GraphBuilder body;
  const ValueId a = body.input("a", {2}), c = body.input("c", {2});
  body.input("unread", {2});
  body.output(body.node("Add", {a, c}));
  GraphBuilder b;
  const ValueId x = b.input("x", {2}), condition = b.input("condition", {}, DType::boolean);
  const ValueId constant = b.constant({2}, {3, 4});
  b.output(add_if(b, condition, body.graph, {x, constant, b.node("Relu", {x})}));
  CHECK(settle_captures(b.graph) == 4);
  CHECK(settle_captures(b.graph) == 0);
  verify(b.graph);
  const Node& node = b.graph.nodes.back();
  CHECK(node.inputs == std::vector<ValueId>{condition, x, x});
  for (const Subgraph& branch : node.subgraphs) {
    REQUIRE(branch.captures == 1);
    CHECK(branch.graph.inputs == std::vector<ValueId>{a});
    CHECK(branch.graph[c].constant == b.graph[constant].constant);
  }
}

TEST_CASE("What branches take quantized is quantized in them, and their products are recognised") {
  GraphBuilder body;
  const ValueId scale = body.input("scale", {}), q = body.input("q", {3, 8}, DType::u8),
                zero = body.input("zero", {}, DType::u8), other = body.input("other", {3, 5});
  const ValueId sums =
      body.node("MatMulInteger", {q, body.constant(Random(3).integers<int8_t>({8, 5}, -127, 127)), zero});
  const ValueId factor = body.node("Mul", {scale, body.constant(Tensor::scalar(0.01f))});
  const ValueId floats = body.node("Cast", {sums}, attrs({{"to", int64_t{1}}}));
  body.output(body.node("Add", {body.node("Mul", {floats, factor}), other}));
  for (const bool read_outside : {false, true}) {
    GraphBuilder b;
    const ValueId x = b.input("x", {3, 8}), y = b.input("y", {3, 5}),
                  condition = b.input("condition", {}, DType::boolean);
    const ValueId quantized = b.node("DynamicQuantizeLinear", {x});
    const ValueId x_scale = b.graph.add_value({{DType::f32, Shape{}}, "x_scale"});
    const ValueId x_zero = b.graph.add_value({{DType::u8, Shape{}}, "x_zero"});
    b.graph.nodes.back().outputs = {quantized, x_scale, x_zero};
    b.output(add_if(b, condition, body.graph, {x_scale, quantized, x_zero, y}));
    if (read_outside) b.output(x_scale);
    simplify(b.graph, {});
    verify(b.graph);
    CHECK(count(b.graph, "DynamicQuantizeLinear") == (read_outside ? 1 : 0));
    const Node& node = *std::ranges::find(b.graph.nodes, "choice", &Node::name);
    CHECK(std::multiset(node.inputs.begin(), node.inputs.end()) == std::multiset{condition, x, x, y, y});
    for (const Subgraph& branch : node.subgraphs) {
      CHECK(branch.captures == 2);
      CHECK(count(branch.graph, "DynamicQuantizeLinear") == 1);
      CHECK(count(branch.graph, "MatMul") == 1);
      CHECK(count(branch.graph, "MatMulInteger") == 0);
    }
  }
}

TEST_CASE("What constants compute outside goes on computing inside") {
  GraphBuilder body;
  body.output(body.node("Add", {body.input("a", {2}), body.node("Exp", {body.input("sum", {2})})}));
  GraphBuilder b;
  const ValueId x = b.input("x", {2}), condition = b.input("condition", {}, DType::boolean);
  const ValueId sum = b.node("Add", {b.constant({2}, {3, 4}), b.constant({2}, {1, 1})});
  b.output(add_if(b, condition, body.graph, {x, sum}));
  simplify(b.graph, {});
  verify(b.graph);
  REQUIRE(b.graph.nodes.size() == 1);
  for (const Subgraph& branch : b.graph.nodes[0].subgraphs) {
    CHECK(branch.graph.nodes.size() == 1);
    CHECK(branch.captures == 1);
  }
}

TEST_CASE("Nodes of a branch that is inlined get names that none has") {
  GraphBuilder body;
  body.output(body.node("Exp", {body.node("Relu", {body.input("a", {2})})}));
  GraphBuilder b;
  ValueId x = b.node("Relu", {b.input("x", {2})});
  for (int i = 0; i < 2; ++i) x = add_if(b, b.constant(truth()), body.graph, {x});
  b.output(x);
  CHECK(inline_branches(b.graph) == 2);
  verify(b.graph);
  std::set<std::string> names;
  for (const Node& node : b.graph.nodes) names.insert(node.name);
  CHECK(b.graph.nodes.size() == 5);
  CHECK(names.size() == b.graph.nodes.size());
}

TEST_CASE("Branches may give a shape and no dtype") {
  GraphBuilder body;
  const ValueId y = body.graph.add_value({{std::nullopt, Shape{2}}, "y"});
  body.graph.inputs = {y};
  body.output(y);
  GraphBuilder b;
  const ValueId x = b.graph.add_value({{}, "x"});
  b.graph.inputs = {x};
  const ValueId chosen = add_if(b, b.input("condition", {}, DType::boolean), body.graph, {x});
  b.output(chosen);
  infer_shapes(b.graph);
  CHECK_FALSE(b.graph[chosen].dtype);
}

TEST_CASE("What a loop carries has no rank where that of a turn is another than it begins with") {
  const auto carried = [](const Shape& initial) {
    GraphBuilder body;
    body.input("turn", {}, DType::s64);
    const ValueId go = body.input("go", {}, DType::boolean), state = body.input("state", initial);
    const ValueId wide = body.node("Div", {body.input("outside", {1, 2}), state});
    body.output(go);
    body.output(wide);
    GraphBuilder b;
    const ValueId turns = b.input("turns", {}, DType::s64), x = b.input("x", initial),
                  y = b.input("y", {1, 2});
    Node node{.op = &get_op("Loop"), .name = "loop"};
    node.inputs = {turns, kNoValue, x, y};
    node.subgraphs.push_back({.graph = body.graph, .first_capture = 3, .captures = 1});
    const ValueId last = b.graph.add_value({{}, "last"});
    node.outputs = {last};
    b.graph.nodes.push_back(std::move(node));
    b.output(last);
    infer_shapes(b.graph);
    return b.graph[last].shape;
  };
  CHECK_FALSE(carried({}));
  CHECK(carried({3, 2}) == Shape{kDynamic, kDynamic});
}

TEST_CASE("A loop with more outputs than its body gives is refused") {
  for (const std::string_view op : {"Loop", "Scan"}) {
    CAPTURE(op);
    GraphBuilder body;
    if (op == "Loop") body.input("turn", {}, DType::s64);
    body.output(body.input("go", {}, DType::boolean));
    GraphBuilder b;
    Node node{.op = &get_op(op), .name = "loop"};
    node.attrs = op == "Loop" ? Attrs() : attrs({{"num_scan_inputs", int64_t{1}}});
    node.inputs = {b.input("x", {2}, op == "Loop" ? DType::s64 : DType::boolean)};
    if (op == "Loop") node.inputs.push_back(kNoValue);
    node.subgraphs.push_back(
        {.graph = body.graph, .first_capture = static_cast<uint32_t>(node.inputs.size())});
    for (const char* name : {"first", "second"}) node.outputs.push_back(b.graph.add_value({{}, name}));
    b.graph.nodes.push_back(std::move(node));
    b.output(b.graph.nodes[0].outputs[1]);
    CHECK_THROWS_AS(infer_shapes(b.graph), Error);
  }
}

TEST_CASE("Inputs of which there may be any number are all there") {
  GraphBuilder b;
  const ValueId x = b.input("x", {2});
  for (const auto& [op, left_out, fits] : {std::tuple<const char*, std::size_t, bool>{"Loop", 0, true},
                                           {"Loop", 1, true},
                                           {"Loop", 2, false},
                                           {"Scan", 1, false},
                                           {"Concat", 1, false},
                                           {"Concat", 3, false},
                                           {"Einsum", 2, false},
                                           {"Clip", 1, true}}) {
    CAPTURE(op, left_out);
    Node node{.op = &get_op(op), .name = "n"};
    node.inputs = {x, x, x, x};
    if (std::string_view(op) == "Clip") node.inputs.resize(3);
    node.inputs[left_out] = kNoValue;
    if (fits)
      CHECK_NOTHROW(check_inputs(node));
    else
      CHECK_THROWS_AS(check_inputs(node), Error);
  }
}
