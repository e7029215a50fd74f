#include <catch2/catch_test_macros.hpp>

#include "passes/passes.h"
#include "support/graph_builder.h"

using namespace octavo;
using namespace octavo::test;

TEST_CASE("A declared size fills in what is not inferred, unless no memory holds it") {
  for (const auto& [declared, expected] : {std::pair<Shape, Shape>{{8, 65536}, {8, 65536}},
                                           {{65536, 65536}, {kDynamic, 65536}},
                                           {{8, 3}, {8, 65536}},
                                           {{8}, {kDynamic, 65536}}}) {
    CAPTURE(to_string(declared));
    GraphBuilder b;
    const ValueId y = b.node("Exp", {b.input("x", {kDynamic, 65536})});
    b.output(y);
    b.graph[y].shape = declared;
    infer_shapes(b.graph);
    CHECK(b.graph[y].shape == expected);
  }
}

TEST_CASE("Behind an input of unknown rank only those dtypes are known that do not depend on it") {
  GraphBuilder b;
  const ValueId x = b.graph.add_value({{DType::f32}, "x"});
  b.graph.inputs.push_back(x);
  const ValueId same = b.node("Relu", {x});
  const ValueId other = b.node("Cast", {same}, attrs({{"to", int64_t{7}}}));
  const ValueId behind = b.node("Transpose", {other});
  const ValueId declared = b.node("Cast", {same}, attrs({{"to", int64_t{7}}}));
  b.graph[declared].dtype = DType::s64;
  b.output(behind);
  b.output(declared);
  infer_shapes(b.graph);
  CHECK(b.graph[same].dtype == DType::f32);
  CHECK_FALSE(b.graph[other].dtype);
  CHECK_FALSE(b.graph[behind].dtype);
  CHECK(b.graph[declared].dtype == DType::s64);
}

TEST_CASE("A declared shape that fits in memory as bytes and not as the dtype that follows is not believed") {
  GraphBuilder b;
  const ValueId x = b.graph.add_value({{DType::f32}, "x"});
  b.graph.inputs.push_back(x);
  const ValueId y = b.node("Flatten", {x});
  b.output(y);
  b.graph[y].dtype = DType::s8;
  b.graph[y].shape = Shape{1 << 24, 2, 6, 7};
  infer_shapes(b.graph);
  CHECK(b.graph[y].dtype == DType::f32);
  CHECK_FALSE(b.graph[y].shape);
}

TEST_CASE("A declared shape behind notes that only Octavo knows is not believed: it is not written either") {
  GraphBuilder b;
  const ValueId q = b.graph.add_value({{DType::u8}, "q"});
  b.graph.inputs.push_back(q);
  const ValueId scale = b.constant({}, {1});
  for (const bool has_notes : {false, true}) {
    const ValueId y = b.node("DequantizeLinear", {q, scale});
    b.graph[y].shape = Shape{2, 3};
    if (has_notes) b.graph.nodes.back().notes.qmax = 6;
    infer_shapes(b.graph);
    CHECK(b.graph[y].shape.has_value() == !has_notes);
  }
}
