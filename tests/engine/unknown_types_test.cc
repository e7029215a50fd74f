#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>

#include "engine/engine.h"
#include "graph/op_def.h"
#include "support/graph_builder.h"

using namespace octavo;
using namespace octavo::test;

TEST_CASE("An output whose type neither the file nor its node says is refused by name") {
  onnx::Model model;
  GraphBuilder b;
  const ValueId x = b.graph.add_value({{DType::f32}, "x"});  // of any rank
  b.graph.inputs.push_back(x);
  b.output(b.node("Cast", {x}, attrs({{"to", int64_t{7}}})));
  const std::string name = b.graph[b.graph.outputs[0]].name;
  const auto load = [&] {
    model.graph = b.graph;
    const std::string file = onnx::write_model(model);
    return Model::load(std::as_bytes(std::span(file)), {});
  };
  CHECK_THROWS_WITH(load(), text("the output '{}' has no type, and none follows from its node", name));

  b.graph[b.graph.outputs[0]].dtype = DType::s64;
  const auto loaded = load();
  const Tensor fed = Tensor::of<float>({2}, {3, -4});
  const Feed feed{"x", &fed};
  const auto& outputs = loaded->run({&feed, 1});
  CHECK(outputs[0].span<int64_t>()[1] == -4);

  b.graph[x].dtype.reset();
  CHECK_THROWS_WITH(load(), "the input 'x' has no type");
}
