#include "runtime/executor.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "base/error.h"
#include "support/graph_builder.h"

using namespace octavo;
using namespace octavo::test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

namespace {

Executor make_executor(GraphBuilder& builder) { return Executor(compile(builder.graph, KernelPolicy{})); }

std::vector<float> run(Executor& executor, std::string_view name, const Tensor& tensor) {
  const Feed feed{name, &tensor};
  const auto values = executor.run({&feed, 1})[0].span<float>();
  return {values.begin(), values.end()};
}

}  // namespace

TEST_CASE("A model runs on feeds of any shape that its dynamic dimensions allow") {
  GraphBuilder b;
  const ValueId x = b.input("x", {kDynamic, 2});
  b.output(b.node("Relu", {b.node("Add", {x, b.constant({2}, {1, -1})})}));
  Executor executor = make_executor(b);
  CHECK(run(executor, "x", Tensor::of<float>({1, 2}, {1, 0.5f})) == std::vector<float>{2, 0});
  CHECK(run(executor, "x", Tensor::of<float>({2, 2}, {1, 2, 3, 4})) == std::vector<float>{2, 1, 4, 3});
  CHECK(run(executor, "x", Tensor::of<float>({1, 2}, {-3, 5})) == std::vector<float>{0, 4});
}

TEST_CASE("Shapes computed from shapes are known before the run") {
  GraphBuilder b;
  const ValueId x = b.input("x", {kDynamic, 2, 3});
  const ValueId batch = b.node("Gather", {b.node("Shape", {x}), b.constant(Tensor::of<int64_t>({1}, {0}))});
  const ValueId shape =
      b.node("Concat", {batch, b.constant(Tensor::of<int64_t>({1}, {-1}))}, attrs({{"axis", 0}}));
  b.output(b.node("Reshape", {x, shape}));
  Executor executor = make_executor(b);
  const Tensor tensor = b.random_tensor({4, 2, 3});
  const Feed feed{"x", &tensor};
  CHECK(executor.run({&feed, 1})[0].shape == Shape{4, 6});
  CHECK(executor.session_for({&feed, 1})->program().steps.empty());
}

TEST_CASE("A shape given as a feed makes a plan of its own for each value") {
  GraphBuilder b;
  const ValueId x = b.input("x", {4});
  const ValueId shape = b.input("shape", {2}, DType::s64);
  b.output(b.node("Reshape", {x, shape}));
  Executor executor = make_executor(b);
  const Tensor tensor = Tensor::of<float>({4}, {1, 2, 3, 4});
  for (const Shape& expected : {Shape{2, 2}, Shape{1, 4}, Shape{2, 2}}) {
    const Tensor dims = Tensor::of<int64_t>({2}, {expected[0], expected[1]});
    const Feed feeds[] = {{"x", &tensor}, {"shape", &dims}};
    CHECK(executor.run(feeds)[0].shape == expected);
  }
}

TEST_CASE("A feed that is lent is read where it lies, run by run") {
  GraphBuilder b;
  const ValueId x = b.input("x", {kDynamic, 2}), y = b.input("y", {kDynamic, 2});
  const ValueId flat = b.node("Reshape", {x, b.constant(Tensor::of<int64_t>({1}, {-1}))});
  b.output(flat);
  b.output(b.node("Add", {x, y}));
  b.output(b.node("octavo.Observe", {x}));
  b.output(y);
  Executor executor = make_executor(b);
  const Tensor one = Tensor::of<float>({1, 2}, {1, 2}), two = Tensor::of<float>({1, 2}, {3, 5});
  const auto check = [&](const Tensor& lent, const Tensor& copied) {
    const Feed feeds[] = {{"x", lent.view(), true}, {"y", &copied}};
    const std::vector<TensorView>& outputs = executor.run(feeds);
    const auto is = [&](std::size_t i, float first, float second) {
      CHECK(std::ranges::equal(outputs[i].span<float>(), std::vector{first, second}));
    };
    const auto a = lent.span<float>(), c = copied.span<float>();
    is(0, a[0], a[1]);
    is(1, a[0] + c[0], a[1] + c[1]);
    is(2, a[0], a[1]);
    is(3, c[0], c[1]);
    CHECK(outputs[0].data == lent.view().data);
    CHECK(outputs[0].shape == Shape{2});
    // Who is shown a tensor might change it.
    CHECK(outputs[2].data != lent.view().data);
    CHECK(outputs[3].data != copied.view().data);
  };
  check(one, two);
  check(two, one);
  check(one, one);
  const Feed copied[] = {{"x", &one}, {"y", &two}};
  CHECK(executor.run(copied)[0].data != one.view().data);
  check(one, two);
}

TEST_CASE("Feeds that do not fit name the input") {
  GraphBuilder b;
  b.output(b.node("Relu", {b.input("image", {1, 3})}));
  Executor executor = make_executor(b);
  const Tensor good(DType::f32, {1, 3}), wide(DType::f32, {1, 4}), integers(DType::s64, {1, 3});
  const auto feed = [&](std::string_view name, const Tensor& tensor) { run(executor, name, tensor); };
  CHECK_THROWS_MATCHES(
      feed("picture", good), Error,
      MessageMatches(ContainsSubstring("no input 'picture'") && ContainsSubstring("'image'")));
  CHECK_THROWS_MATCHES(feed("image", wide), Error,
                       MessageMatches(ContainsSubstring("[1,3]") && ContainsSubstring("[1,4]")));
  CHECK_THROWS_MATCHES(feed("image", integers), Error,
                       MessageMatches(ContainsSubstring("float32") && ContainsSubstring("int64")));
  CHECK_THROWS_MATCHES(executor.run({}), Error, MessageMatches(ContainsSubstring("'image' is missing")));
  CHECK_NOTHROW(feed("image", good));
}

TEST_CASE("A reshape shares memory with its input") {
  GraphBuilder b;
  const ValueId x = b.input("x", {2, 8});
  const ValueId flat = b.node("Reshape", {b.node("Relu", {x}), b.constant(Tensor::of<int64_t>({1}, {16}))});
  b.output(b.node("Tanh", {flat}));
  Executor executor = make_executor(b);
  const Tensor tensor = b.random_tensor({2, 8});
  const Feed feed{"x", &tensor};
  CHECK(executor.session_for({&feed, 1})->program().steps.size() == 2);
}

TEST_CASE("Weights stay in memory once: packed, or as they are where a step reads them") {
  GraphBuilder b;
  const ValueId x = b.input("x", {2, 16});
  const ValueId packed = b.constant(b.random_tensor({16, 16})),
                shared = b.constant(b.random_tensor({16, 16}));
  const ValueId y = b.node("MatMul", {b.node("MatMul", {x, packed}), shared});
  b.output(b.node("Add", {y, b.node("Gather", {shared, b.constant(Tensor::of<int64_t>({2}, {3, 5}))})}));
  const ConstantTensor weights = b.graph[packed].constant, table = b.graph[shared].constant;
  const auto values = [](const Tensor& tensor) {
    const auto span = tensor.span<float>();
    return std::vector<float>(span.begin(), span.end());
  };
  const std::vector<float> before = values(*weights);
  const std::weak_ptr<const Buffer> weights_memory = weights->memory(), table_memory = table->memory();

  const Tensor input = b.random_tensor({2, 16});
  Executor first = make_executor(b);
  CHECK(weights_memory.expired());
  CHECK(!table_memory.expired());
  const std::vector<float> output = run(first, "x", input);
  CHECK(weights_memory.expired());

  CHECK(values(*weights) == before);
  Executor second = make_executor(b);
  CHECK(run(second, "x", input) == output);
  CHECK(run(first, "x", input) == output);
}

TEST_CASE("What is not known when a model is compiled is checked and packed by the plan") {
  GraphBuilder b;
  const ValueId x = b.graph.add_value({.name = "x"});  // not even a rank
  b.graph.inputs.push_back(x);
  b.output(b.node("Conv", {x, b.constant({1, 1, 1, 1}, {2})}));
  Executor executor = make_executor(b);
  CHECK(executor.model()->graph.nodes[0].prepared == nullptr);
  CHECK(run(executor, "x", Tensor::of<float>({1, 1, 1, 2}, {1, 2})) == std::vector<float>{2, 4});
  CHECK(run(executor, "x", Tensor::of<float>({1, 1, 2, 2}, {1, 2, 3, 4})) == std::vector<float>{2, 4, 6, 8});
  CHECK_THROWS_MATCHES(run(executor, "x", Tensor::of<float>({2}, {1, 2})), Error,
                       MessageMatches(ContainsSubstring("different ranks")));
}

TEST_CASE("Constants that do not fit their operator are refused, and never packed") {
  GraphBuilder b;
  const ValueId x = b.graph.add_value({.name = "x"});
  b.graph.inputs.push_back(x);
  b.output(b.node("MatMul", {x, b.constant(Tensor::of<int8_t>({2, 2}, {1, 2, 3, 4}))}));
  Executor executor = make_executor(b);
  CHECK_THROWS_AS(run(executor, "x", Tensor::of<float>({1, 2}, {1, 2})), Error);
}

TEST_CASE("A workspace beyond all memory is an error, not a small one") {
  GraphBuilder b;
  constexpr int64_t kDepth = 1 << 27;
  const ValueId x = b.input("x", {1, kDepth}), y = b.input("y", {kDepth, 1});
  b.output(b.node("MatMul", {x, y}));
  const auto model = compile(b.graph, KernelPolicy{});
  const auto program =
      plan(model, {TensorType{DType::f32, Shape{1, kDepth}}, TensorType{DType::f32, Shape{kDepth, 1}}});
  CHECK(program->arena_bytes > uint64_t{1} << 32);
}

TEST_CASE("What constants make is computed ahead only as far as there is a budget") {
  GraphBuilder b;
  ValueId y = b.constant(Tensor::of<float>({1 << 20, 1}, std::vector<float>(1 << 20, 1.5f)));
  for (int doubling = 0; doubling < 8; ++doubling)
    y = b.node("Concat", {y, y}, attrs({{"axis", int64_t{1}}}));
  b.output(b.node("Add", {b.node("ReduceMean", {y}), b.input("x", {1, 1})}));
  Executor executor = make_executor(b);
  const Tensor x = Tensor::of<float>({1, 1}, {1});
  const Feed feed{"x", &x};
  const Session& session = *executor.session_for({&feed, 1});
  CHECK(session.program().steps.size() >
        3);  // the larger ones are steps, in an arena of three quarters of a gigabyte
  CHECK(session.program().folded.size() < 8);
}

namespace {

// y = x + s, and the next s is the sum of all elements so far.
GraphBuilder running_sum() {
  GraphBuilder b;
  const ValueId s = b.input("s", {2}), x = b.input("x", {kDynamic, 2});
  b.output(b.node("Add", {x, s}));
  b.output(b.node("Add", {s, b.node("ReduceMean", {x, b.constant(Tensor::of<int64_t>({1}, {0}))},
                                    attrs({{"keepdims", int64_t{0}}}))}));
  b.graph.states = {{.input = 0, .output = 1}};
  return b;
}

}  // namespace

TEST_CASE("A state stays from run to run, whatever the shapes of the feeds, and is fed by nobody") {
  GraphBuilder b = running_sum();
  Executor executor = make_executor(b);
  CHECK(run(executor, "x", Tensor::of<float>({1, 2}, {1, 2})) == std::vector<float>{1, 2});
  CHECK(run(executor, "x", Tensor::of<float>({1, 2}, {10, 20})) == std::vector<float>{11, 22});
  CHECK(run(executor, "x", Tensor::of<float>({2, 2}, {1, 1, 3, 3})) == std::vector<float>{12, 23, 14, 25});
  CHECK(run(executor, "x", Tensor::of<float>({1, 2}, {0, 0})) == std::vector<float>{13, 24});

  SECTION("two states share a model") {
    const auto first = executor.state(), second = std::make_shared<State>(b.graph);
    executor.use(second);
    CHECK(run(executor, "x", Tensor::of<float>({1, 2}, {5, 6})) == std::vector<float>{5, 6});
    executor.use(first);
    CHECK(run(executor, "x", Tensor::of<float>({1, 2}, {0, 0})) == std::vector<float>{13, 24});
    CHECK((*second)[0].span<float>()[1] == 6);
    second->reset();
    CHECK((*second)[0].span<float>()[1] == 0);
  }
  SECTION("feeding it is an error") {
    const Tensor x = Tensor::of<float>({1, 2}, {1, 2}), s = Tensor::of<float>({2}, {0, 0});
    const Feed feeds[] = {{"x", &x}, {"s", &s}};
    CHECK_THROWS_MATCHES(executor.run(feeds), Error, MessageMatches(ContainsSubstring("'s' is a state")));
  }
}

TEST_CASE("A state slot has two sides of one type and a static shape") {
  GraphBuilder b = running_sum();
  b.graph.states[0].output = 7;
  CHECK_THROWS_AS(verify(b.graph), Error);
  b.graph.states[0] = {.input = 1, .output = 1};  // of dynamic shape
  CHECK_THROWS_AS(verify(b.graph), Error);
  b.graph.states = {{0, 1}, {0, 1}};
  CHECK_THROWS_AS(verify(b.graph), Error);
  b.output(b.graph.inputs[0]);
  b.graph.states = {{0, 2}};  // an input, and nothing computed
  CHECK_THROWS_AS(verify(b.graph), Error);
}

TEST_CASE("A state decides no shapes") {
  GraphBuilder b;
  const ValueId s = b.input("s", {1}, DType::s64), x = b.input("x", {4});
  b.output(b.node("Reshape", {x, s}));
  b.output(b.node("Add", {s, s}));
  b.graph[b.graph.outputs[1]].dtype = DType::s64;
  b.graph.states = {{.input = 0, .output = 1}};
  Executor executor = make_executor(b);
  const Tensor tensor = b.random_tensor({4});
  const Feed feed{"x", &tensor};
  CHECK_THROWS_MATCHES(executor.run({&feed, 1}), Error, MessageMatches(ContainsSubstring("the state 's'")));
}
