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
