#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "passes/passes.h"
#include "support/graph_builder.h"
#include "support/interpreter.h"

using namespace octavo;
using namespace octavo::test;

namespace {

constexpr int64_t kBatch = 2, kLength = 5, kHeads = 3, kSize = 4, kHidden = kHeads * kSize;

ValueId transposed(GraphBuilder& b, ValueId x, std::vector<int64_t> permutation) {
  return b.node("Transpose", {x}, attrs({{"perm", std::move(permutation)}}));
}

// [batch, length, heads, size] of a product of x.
ValueId split(GraphBuilder& b, ValueId x) {
  const ValueId y = b.node("MatMul", {x, b.random({kHidden, kHidden}, 0.3f)});
  return b.node("Reshape", {y, b.constant(Tensor::of<int64_t>({4}, {kBatch, -1, kHeads, kSize}))});
}

ValueId joined(GraphBuilder& b, ValueId y) {
  return b.node("Reshape", {transposed(b, y, {0, 2, 1, 3}),
                            b.constant(Tensor::of<int64_t>({3}, {kBatch, -1, kHidden}))});
}

// Checks that both compute the same, and returns the graph.
Graph recognised(GraphBuilder& b) {
  infer_shapes(b.graph);
  std::vector<Tensor> feeds;
  for (ValueId id : b.graph.inputs) feeds.push_back(b.random_tensor(*b.graph[id].shape));
  return rewritten(b, std::move(feeds), 1e-5f, [](Graph& graph) {
    recognise_attention(graph);
    infer_shapes(graph);
  });
}

}  // namespace

TEST_CASE("Attention as PyTorch exports it becomes one node, with its heads, scales and mask") {
  GraphBuilder b;
  const ValueId x = b.input("x", {kBatch, kLength, kHidden});
  const ValueId mask = b.input("mask", {kBatch, 1, 1, kLength});
  const ValueId root = b.constant({1}, {std::pow(static_cast<float>(kSize), -0.25f)});
  const ValueId q = b.node("Mul", {transposed(b, split(b, x), {0, 2, 1, 3}), root});
  const ValueId k = b.node("Mul", {transposed(b, split(b, x), {0, 2, 3, 1}), root});
  const ValueId scores = b.node("Softmax", {b.node("Add", {b.node("MatMul", {q, k}), mask})});
  b.output(joined(b, b.node("MatMul", {scores, transposed(b, split(b, x), {0, 2, 1, 3})})));
  const Graph graph = recognised(b);
  CHECK(count(graph, "Attention") == 1);
  CHECK(count(graph, "MatMul") == 3);
  CHECK(count(graph, "Transpose") + count(graph, "Reshape") + count(graph, "Mul") == 0);
}

TEST_CASE("Attention with scores that are divided, and heads that come apart, keeps four axes") {
  GraphBuilder b;
  const ValueId q = b.input("q", {kBatch, kHeads, 2, kSize}),
                k = b.input("k", {kBatch, kHeads, kLength, kSize});
  const ValueId v = b.input("v", {kBatch, kHeads, kLength, 7});
  const ValueId product = b.node("MatMul", {q, transposed(b, k, {0, 1, 3, 2})});
  const ValueId scores = b.node("Softmax", {b.node("Div", {product, b.constant({}, {2})})});
  b.output(b.node("MatMul", {scores, v}));
  const Graph graph = recognised(b);
  CHECK(count(graph, "Attention") == 1);
  CHECK(count(graph, "Transpose") == 0);
}

TEST_CASE("Keys that come transposed are transposed back") {
  GraphBuilder b;
  const ValueId q = b.input("q", {kBatch, kHeads, 2, kSize}),
                k = b.input("k", {kBatch, kHeads, kSize, kLength});
  b.output(b.node(
      "MatMul", {b.node("Softmax", {b.node("MatMul", {q, k})}), b.input("v", {kBatch, kHeads, kLength, 7})}));
  CHECK(count(recognised(b), "Attention") == 1);
}

TEST_CASE("Products that share operands between batches, and scores that somebody else reads, stay") {
  GraphBuilder b;
  const ValueId q = b.input("q", {kBatch, kHeads, 2, kSize}),
                k = b.input("k", {kBatch, kHeads, kSize, kLength});
  const ValueId scores = b.node("Softmax", {b.node("MatMul", {q, k})});
  SECTION("shared") { b.output(b.node("MatMul", {scores, b.input("v", {1, 1, kLength, 7})})); }
  SECTION("read") {
    b.output(b.node("MatMul", {scores, b.input("v", {kBatch, kHeads, kLength, 7})}));
    b.output(scores);
  }
  SECTION("another axis") {
    const ValueId other = b.node("Softmax", {b.node("MatMul", {q, k})}, attrs({{"axis", int64_t{2}}}));
    b.output(b.node("MatMul", {other, b.input("v", {kBatch, kHeads, kLength, 7})}));
  }
  SECTION("a mask that makes more batches of the scores") {
    const ValueId one_q = b.input("one_q", {1, kHeads, 2, kSize}),
                  one_k = b.input("one_k", {1, kHeads, kSize, kLength});
    const ValueId sum =
        b.node("Add", {b.node("MatMul", {one_q, one_k}), b.input("mask", {kBatch, 1, 1, kLength})});
    b.output(b.node("MatMul", {b.node("Softmax", {sum}), b.input("v", {1, kHeads, kLength, 7})}));
  }
  SECTION("a mask that would broadcast along keys") {
    const ValueId sum = b.node("Add", {b.node("MatMul", {q, k}), b.input("mask", {kBatch, 1, 2, 1})});
    b.output(b.node("MatMul", {b.node("Softmax", {sum}), b.input("v", {kBatch, kHeads, kLength, 7})}));
  }
  CHECK(count(recognised(b), "Attention") == 0);
}
