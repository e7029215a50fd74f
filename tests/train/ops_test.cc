// The operators of training on their own, and what is done to graphs for them.
#include <catch2/catch_test_macros.hpp>
#include <limits>

#include "passes/passes.h"
#include "support/check_threads.h"
#include "support/graph_builder.h"
#include "support/interpreter.h"
#include "support/op_runner.h"
#include "support/random_data.h"
#include "train/join_transposes.h"
#include "train/mark_in_place.h"

namespace octavo {
namespace {

using test::Ints;
using test::OpRunner;

TEST_CASE("Extremes are found on any number of threads", "[threads]") {
  test::Random random(3);
  Tensor x = random.floats({70000});
  x.span<float>()[69999] = -9;
  x.span<float>()[1] = 7;
  const auto runner = [&] {
    OpRunner made("octavo.Extremes");
    return std::move(made.outputs(2).input(Tensor::copy_of(x.view())));
  };
  test::check_threads(runner);
  const std::vector<Tensor> y = runner().run();
  CHECK(y[0].span<float>()[0] == -9);
  CHECK(y[1].span<float>()[0] == 7);
  x.span<float>()[40000] = std::numeric_limits<float>::quiet_NaN();
  for (const Tensor& extreme : runner().run()) CHECK(extreme.span<float>()[0] != extreme.span<float>()[0]);
}

TEST_CASE("Transposes one behind the other are one, or none") {
  test::GraphBuilder b;
  const ValueId x = b.input("x", {2, 3, 4});
  const auto transposed = [&](ValueId id, Ints order) {
    return b.node("Transpose", {id}, test::attrs({{"perm", order}}));
  };
  const ValueId first = transposed(x, {1, 2, 0});
  b.output(b.node("Neg", {transposed(first, {1, 0, 2})}));
  b.output(b.node("Abs", {transposed(transposed(first, {1, 0, 2}), {2, 1, 0})}));
  infer_shapes(b.graph);
  const Graph before = b.graph;
  CHECK(join_transposes(b.graph) == 3);
  CHECK(test::count(b.graph, "Transpose") == 1);
  verify(b.graph);
  std::vector<Tensor> feeds;
  feeds.push_back(b.random_tensor({2, 3, 4}));
  const std::vector<Tensor> expected = test::interpret(before, feeds),
                            joined = test::interpret(b.graph, feeds);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(joined[i].shape() == expected[i].shape());
    CHECK(test::values<float>(joined[i]) == test::values<float>(expected[i]));
  }
}

TEST_CASE("A gradient is overwritten by its last reader, if it has memory of its own") {
  test::GraphBuilder b;
  const ValueId x = b.input("x", {2, 3});
  const auto masked = [&](ValueId dy) { return b.node("octavo.MaskGradient", {dy, x}); };
  const ValueId early = b.node("Mul", {x, x}), late = b.node("Mul", {x, x}), view = b.node("Flatten", {x});
  b.output(masked(masked(late)));                   // both
  b.output(b.node("Add", {masked(early), early}));  // read again
  b.output(masked(x));                              // a feed
  b.output(masked(view));                           // perhaps a feed
  infer_shapes(b.graph);
  CHECK(mark_in_place(b.graph) == 2);
}

}  // namespace
}  // namespace octavo
