#include "runtime/staged.h"

#include <catch2/catch_test_macros.hpp>

#include "base/error.h"
#include "graph/op_def.h"
#include "support/graph_builder.h"

using namespace octavo;
using namespace octavo::test;

namespace {

// The elements above 0 of a vector: as many as there are.
void infer_positive(InferContext& ctx) { ctx.set(0, ctx.dtype(0), ctx.shape(0)); }

void run_positive(RunContext& ctx) {
  float* out = ctx.outputs[0].as<float>();
  for (float x : ctx.inputs[0].span<float>())
    if (x > 0) *out++ = x;
  *ctx.actual_shape = {out - ctx.outputs[0].as<float>()};
}

OCTAVO_OPERATOR(positive, {.name = "test.Positive",
                           .infer = infer_positive,
                           .run = run_positive,
                           .shape_depends_on_data = true});

// first = Positive(x - 1), y = Positive(first · 2 - 3) + 1; both are outputs, and Shape(first) too.
GraphBuilder two_barriers() {
  GraphBuilder b;
  const ValueId x = b.input("x", {kDynamic});
  const ValueId first = b.node("test.Positive", {b.node("Sub", {x, b.constant({}, {1})})});
  const ValueId scaled = b.node("Sub", {b.node("Mul", {first, b.constant({}, {2})}), b.constant({}, {3})});
  b.output(first);
  b.output(b.node("Add", {b.node("test.Positive", {scaled}), b.constant({}, {1})}));
  b.output(b.node("Shape", {first}));
  return b;
}

std::vector<float> floats(const Tensor& tensor) {
  return {tensor.span<float>().begin(), tensor.span<float>().end()};
}

}  // namespace

TEST_CASE("a graph is cut behind the nodes whose shapes depend on data") {
  GraphBuilder b = two_barriers();
  const std::vector<Graph> stages = split_into_stages(b.graph);
  REQUIRE(stages.size() == 3);
  for (const Graph& stage : stages) verify(stage);
  CHECK(stages[0].nodes.size() == 2);
  CHECK(stages[1].nodes.size() + stages[2].nodes.size() == 5);
  CHECK(stages[1].inputs.size() == 1);
}

TEST_CASE("a graph without such nodes is one stage") {
  GraphBuilder b;
  b.output(b.node("Relu", {b.input("x", {2})}));
  CHECK(split_into_stages(b.graph).size() == 1);
}

TEST_CASE("later stages have the shapes that came out, in every run anew") {
  GraphBuilder b = two_barriers();
  StagedExecutor executor(b.graph, KernelPolicy{});
  REQUIRE(executor.stages() == 3);
  const auto run = [&](std::initializer_list<float> elements) {
    const Tensor x = Tensor::of<float>({static_cast<int64_t>(elements.size())}, elements);
    const Feed feed{"x", &x};
    return executor.run({&feed, 1});
  };
  for (int again = 0; again < 2; ++again) {
    std::vector<Tensor> outputs = run({0, 2, 4, -1, 3});
    CHECK(floats(outputs[0]) == std::vector<float>{1, 3, 2});
    CHECK(floats(outputs[1]) == std::vector<float>{4, 2});
    CHECK(outputs[2].span<int64_t>()[0] == 3);

    outputs = run({-5, 0.5f});  // nothing at all
    CHECK(outputs[0].shape() == Shape{0});
    CHECK(outputs[1].shape() == Shape{0});
    CHECK(outputs[2].span<int64_t>()[0] == 0);

    outputs = run({9});
    CHECK(floats(outputs[1]) == std::vector<float>{14});
  }
}

TEST_CASE("a missing feed is named") {
  GraphBuilder b = two_barriers();
  StagedExecutor executor(b.graph, KernelPolicy{});
  CHECK_THROWS_AS(executor.run({}), Error);
}
