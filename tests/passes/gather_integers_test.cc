// Tables of integers that Gather picks rows of are never tables of floats.
#include <catch2/catch_test_macros.hpp>

#include "passes/passes.h"
#include "support/graph_builder.h"
#include "support/interpreter.h"
#include "support/random_data.h"

using namespace octavo;
using namespace octavo::test;

namespace {

constexpr int64_t kRows = 6, kColumns = 4;

struct Table {
  Shape scales;
  int64_t axis = 1, block = 0;
  int64_t gather_axis = 0;
};

// DequantizeLinear(table, scales, zero points) → Gather(indices) → Neg.
Graph network(const Table& t, const Shape& indices) {
  GraphBuilder b;
  Random random(3);
  const auto zeros = random.integers<uint8_t>(t.scales, 100, 150);
  const ValueId table = b.constant(random.integers<uint8_t>({kRows, kColumns}, 0, 255));
  const ValueId scales = b.constant(random.floats(t.scales, 0.01f, 0.02f));
  Attrs layout = attrs({{"axis", t.axis}});
  if (t.block > 0) layout.set("block_size", t.block);
  const ValueId dq =
      b.node("DequantizeLinear", {table, scales, b.constant(Tensor::copy_of(zeros.view()))}, layout);
  const ValueId rows =
      b.node("Gather", {dq, b.input("i", indices, DType::s64)}, attrs({{"axis", t.gather_axis}}));
  b.output(b.node("Neg", {rows}));
  infer_shapes(b.graph);
  return b.graph;
}

// Floats of the table in constants of the lowered graph.
bool has_float_table(const Graph& graph) {
  for (const Node& node : graph.nodes)
    for (std::size_t i = 0; i < node.inputs.size(); ++i)
      if (const Tensor* constant = graph.constant_input(node, i))
        if (constant->dtype() == DType::f32 && constant->shape() == Shape{kRows, kColumns}) return true;
  return false;
}

// Lowers the network, which computes the same bits, and says whether integers are gathered.
bool is_gathered(const Table& t, const Shape& indices = {2, 3}) {
  const Graph before = network(t, indices);
  Graph after = before;
  lower(after, KernelPolicy{});
  verify(after);
  INFO(dump(after));
  std::vector<Tensor> feeds;
  feeds.push_back(Random(4).integers<int64_t>(indices, -kColumns, kColumns - 1));
  CHECK(largest_difference(interpret(before, feeds)[0].view(), interpret(after, feeds)[0].view()) == 0);
  return !has_float_table(after);
}

}  // namespace

TEST_CASE("rows of an int8 table are picked as integers") {
  for (const Shape& indices : {Shape{}, Shape{5}, Shape{2, 3}}) {
    CHECK(is_gathered({.scales = {}}, indices));
    CHECK(is_gathered({.scales = {}, .gather_axis = 1}, indices));
    CHECK(is_gathered({.scales = {kRows}, .axis = 0}, indices));
    CHECK(is_gathered({.scales = {kColumns}}, indices));
    const bool is_vector = indices.rank() == 0;  // which has no blocks
    CHECK(is_gathered({.scales = {kRows, 1}, .block = kColumns}, indices) != is_vector);
    CHECK(is_gathered({.scales = {kRows, 2}, .block = 2}, indices) != is_vector);
  }
}

TEST_CASE("a table whose picked rows have no scales of their own is expanded") {
  CHECK(!is_gathered({.scales = {3, kColumns}, .axis = 0, .block = 2}));
  CHECK(!is_gathered({.scales = {kRows}, .axis = 0, .gather_axis = 1}));
}

TEST_CASE("a table that others read as floats, too, is there once in either form") {
  GraphBuilder b;
  Random random(3);
  const ValueId table = b.constant(random.integers<int8_t>({kRows, kColumns}, -127, 127));
  const ValueId dq = b.node("DequantizeLinear", {table, b.constant({}, {0.01f})});
  b.output(b.node("Gather", {dq, b.input("i", {3}, DType::s64)}));
  b.output(b.node("Neg", {dq}));
  infer_shapes(b.graph);
  lower(b.graph, KernelPolicy{});
  verify(b.graph);
  CHECK(count(b.graph, "Gather") == 1);
  CHECK(count(b.graph, "DequantizeLinear") == 1);
}
