#include "runtime/staged.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "base/error.h"
#include "graph/op_def.h"
#include "support/graph_builder.h"

using namespace octavo;
using namespace octavo::test;

namespace {

// The elements above 0 of a vector: as many as there are.
void infer_positive(InferContext& ctx) { ctx.set(0, ctx.dtype(0), {kDynamic}); }

void run_positive(RunContext& ctx) {
  const auto elements = ctx.inputs[0].span<float>();
  const auto is_positive = [](float x) { return x > 0; };
  std::ranges::copy_if(
      elements, ctx.make_output(0, {std::ranges::count_if(elements, is_positive)}).as<float>(), is_positive);
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

std::vector<float> floats(const TensorView& tensor) {
  return {tensor.span<float>().begin(), tensor.span<float>().end()};
}

}  // namespace

TEST_CASE("a graph is cut behind the nodes whose shapes depend on data") {
  GraphBuilder b = two_barriers();
  const std::vector<Stage> stages = split_into_stages(b.graph);
  REQUIRE(stages.size() == 3);
  for (const Stage& stage : stages) verify(stage.graph);
  CHECK(stages[0].graph.nodes.size() == 2);
  CHECK(stages[1].graph.nodes.size() + stages[2].graph.nodes.size() == 5);
  CHECK(stages[1].graph.inputs.size() == 1);
}

TEST_CASE("a graph without such nodes is one stage") {
  GraphBuilder b;
  b.output(b.node("Relu", {b.input("x", {2})}));
  CHECK(split_into_stages(b.graph).size() == 1);
}

TEST_CASE("later stages have the shapes that came out, in every run anew") {
  GraphBuilder b = two_barriers();
  StagedExecutor executor(compile_stages(b.graph, KernelPolicy{}));
  REQUIRE(executor.stages() == 3);
  const auto run = [&](std::initializer_list<float> elements) {
    const Tensor x = Tensor::of<float>({static_cast<int64_t>(elements.size())}, elements);
    const Feed feed{"x", &x};
    return executor.run({&feed, 1});
  };
  for (int again = 0; again < 2; ++again) {
    std::vector<TensorView> outputs = run({0, 2, 4, -1, 3});
    CHECK(floats(outputs[0]) == std::vector<float>{1, 3, 2});
    CHECK(floats(outputs[1]) == std::vector<float>{4, 2});
    CHECK(outputs[2].span<int64_t>()[0] == 3);

    outputs = run({-5, 0.5f});  // nothing at all
    CHECK(outputs[0].shape == Shape{0});
    CHECK(outputs[1].shape == Shape{0});
    CHECK(outputs[2].span<int64_t>()[0] == 0);

    outputs = run({9});
    CHECK(floats(outputs[1]) == std::vector<float>{14});
  }
}

TEST_CASE("a missing feed is named") {
  GraphBuilder b = two_barriers();
  StagedExecutor executor(compile_stages(b.graph, KernelPolicy{}));
  CHECK_THROWS_AS(executor.run({}), Error);
}

TEST_CASE("a number that a run computes decides a shape in the stage behind it") {
  GraphBuilder b;
  const ValueId x = b.input("x", {2, kDynamic});
  Attrs to_int64;
  to_int64.set("to", int64_t{info_of(DType::s64).onnx});
  const ValueId counted = b.node("Reshape", {b.node("Cast", {b.node("ReduceMean", {x})}, to_int64),
                                             b.constant(Tensor::of<int64_t>({1}, {1}))});
  b.output(b.node("ConstantOfShape", {counted}));
  StagedExecutor executor(compile_stages(b.graph, KernelPolicy{}));
  REQUIRE(executor.stages() == 2);
  for (float mean : {3.0f, 5.0f, 3.0f}) {
    const Tensor tensor = Tensor::of<float>({2, 1}, {mean - 1, mean + 1});
    const Feed feed{"x", &tensor};
    CHECK(executor.run({&feed, 1})[0].shape == Shape{static_cast<int64_t>(mean)});
  }
}

TEST_CASE("a shape that follows from shapes and short feeds needs no stage of its own") {
  GraphBuilder b;
  const ValueId x = b.input("x", {kDynamic, 2});
  b.output(b.node("Reshape", {x, b.node("Shape", {b.node("Transpose", {x})})}));
  CHECK(split_into_stages(b.graph).size() == 1);
}

TEST_CASE("an output may be constant, beside others that take stages") {
  GraphBuilder b = two_barriers();
  b.output(b.constant({2}, {7, 8}));
  StagedExecutor executor(compile_stages(b.graph, KernelPolicy{}));
  const Tensor x = Tensor::of<float>({2}, {4, 5});
  const Feed feed{"x", &x};
  CHECK(floats(executor.run({&feed, 1})[3]) == std::vector<float>{7, 8});
}

TEST_CASE("a watch ends a run before any step, and the next run begins anew") {
  struct Few final : RunWatch {
    int left = 0, ends = 0;
    void before(const Step&) override {
      if (left-- == 0) throw Error(ErrorCode::invalid_data, "enough");
    }
    void at_end() override { ++ends; }
  } watch;
  KernelPolicy kernels;
  kernels.watch = &watch;
  GraphBuilder b = two_barriers();
  StagedExecutor executor(compile_stages(b.graph, kernels));
  const Tensor x = Tensor::of<float>({5}, {0, 2, 4, -1, 3});
  const Feed feed{"x", &x};
  watch.left = 100;
  executor.run({&feed, 1});
  const int steps = 100 - watch.left;
  CHECK(watch.ends == 3);  // stages
  for (int allowed = 0; allowed < steps; ++allowed) {
    watch.left = allowed;
    CHECK_THROWS_AS(executor.run({&feed, 1}), Error);
    watch.left = steps;
    CHECK(floats(executor.run({&feed, 1})[1]) == std::vector<float>{4, 2});
  }
}

TEST_CASE("a run may go step by step, through all stages") {
  GraphBuilder b = two_barriers();
  StagedExecutor executor(compile_stages(b.graph, KernelPolicy{}));
  const Tensor x = Tensor::of<float>({2}, {4, 5});
  const Feed feed{"x", &x};
  for (int again = 0; again < 2; ++again) {
    executor.begin({&feed, 1});
    int steps = 0;
    while (executor.step(nullptr)) ++steps;
    CHECK(steps >= 5);
    CHECK(floats(executor.run({&feed, 1})[1]) == std::vector<float>{4, 6});
  }
}
