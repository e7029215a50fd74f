#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <cmath>
#include <limits>

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

// Checks that both compute the same of feeds of those shapes, of the inputs' where none are given, and returns the
// graph.
Graph recognised(GraphBuilder& b, const std::vector<Shape>& shapes = {}) {
  infer_shapes(b.graph);
  std::vector<Tensor> feeds;
  for (ValueId id : b.graph.inputs)
    feeds.push_back(b.random_tensor(shapes.empty() ? *b.graph[id].shape : shapes[feeds.size()]));
  return rewritten(b, std::move(feeds), 1e-5f, [](Graph& graph) {
    recognise_attention(graph);
    infer_shapes(graph);
  });
}

struct Operands {
  ValueId q, k, v;
};

Operands operands(GraphBuilder& b, Shape q, Shape k, Shape v) {
  return {b.input("q", std::move(q)), b.input("k", std::move(k)), b.input("v", std::move(v))};
}

// Heads of a query, keys with their last axes exchanged, and values.
Operands operands(GraphBuilder& b) {
  return operands(b, {kBatch, kHeads, 2, kSize}, {kBatch, kHeads, kSize, kLength},
                  {kBatch, kHeads, kLength, 7});
}

ValueId reshaped(GraphBuilder& b, ValueId x, std::initializer_list<int64_t> shape) {
  const auto rank = static_cast<int64_t>(shape.size());
  return b.node("Reshape", {x, b.constant(Tensor::of<int64_t>({rank}, shape))});
}

ValueId unsqueezed(GraphBuilder& b, ValueId x, int64_t axis) {
  return b.node("Unsqueeze", {x, b.constant(Tensor::of<int64_t>({1}, {axis}))});
}

// [rows, keys]: no key behind its row counts.
ValueId causal(GraphBuilder& b, int64_t rows, int64_t keys) {
  Tensor mask(DType::boolean, {rows, keys});
  for (int64_t i = 0; i < rows * keys; ++i) mask.view().as<uint8_t>()[i] = i % keys <= i / keys;
  return b.constant(std::move(mask));
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
  CHECK(count(graph, "Transpose") + count(graph, "Mul") == 0);
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

TEST_CASE("Attention broadcasts where the products and sums did") {
  GraphBuilder b;
  auto [q, k, v] = operands(b);
  ValueId mask = b.input("mask", {kBatch, 1, 1, kLength});
  SECTION("values of all") { v = b.input("one_v", {1, 1, kLength, 7}); }
  SECTION("keys of all") { k = b.input("one_k", {1, 1, kSize, kLength}); }
  SECTION("keys of all heads and values of all batches") {
    k = b.input("one_k", {kBatch, 1, kSize, kLength});
    v = b.input("one_v", {1, kHeads, kLength, 7});
  }
  SECTION("a query of all") { q = b.input("one_q", {1, 1, 2, kSize}); }
  SECTION("everything of all but the values") {
    q = b.input("one_q", {1, 1, 2, kSize});
    k = b.input("one_k", {1, 1, kSize, kLength});
  }
  SECTION("a mask for more of everything") {
    q = b.input("one_q", {1, 1, 1, kSize});
    k = b.input("one_k", {1, 1, kSize, 1});
    mask = b.input("whole_mask", {kBatch, kHeads, 2, kLength});
  }
  SECTION("a mask of one key for all") { mask = b.input("row_mask", {kBatch, 1, 2, 1}); }
  SECTION("a mask of one number") { mask = b.input("number", {1}); }
  b.output(b.node("MatMul", {b.node("Softmax", {b.node("Add", {b.node("MatMul", {q, k}), mask})}), v}));
  CHECK(count(recognised(b), "Attention") == 1);
}

TEST_CASE("Attention of sizes that nobody knows needs no transpose") {
  GraphBuilder b;
  const ValueId q = b.input("q", {kDynamic, kDynamic, kDynamic, kDynamic}),
                mask = b.input("mask", {kDynamic, kDynamic, kDynamic, kDynamic});
  const ValueId scores = b.node("MatMul", {transposed(b, q, {0, 2, 1, 3}), transposed(b, q, {0, 2, 3, 1})});
  const ValueId weights = b.node("Softmax", {b.node("Add", {scores, mask})});
  b.output(transposed(b, b.node("MatMul", {weights, transposed(b, q, {0, 2, 1, 3})}), {0, 2, 1, 3}));
  const Graph graph = recognised(
      b, {{kBatch, kLength, kHeads, kSize}, GENERATE(Shape{kBatch, 1, 1, kLength}, Shape{1, 1, 1, 1})});
  CHECK(graph.nodes.size() == 1);
  CHECK(count(graph, "Attention") == 1);
}

TEST_CASE("Masks that choose become masks that are added") {
  GraphBuilder b;
  const auto [q, k, v] = operands(b);
  const float never = GENERATE(-std::numeric_limits<float>::infinity(), std::numeric_limits<float>::lowest());
  const ValueId product = b.node("Mul", {b.node("MatMul", {q, k}), b.constant({}, {0.5f})});
  const ValueId mask = causal(b, 2, kLength), number = b.constant({}, {never});
  ValueId scores = kNoValue;
  SECTION("of what counts") { scores = b.node("Where", {mask, product, number}); }
  SECTION("of what does not") { scores = b.node("Where", {b.node("Not", {mask}), number, product}); }
  b.output(b.node("MatMul", {b.node("Softmax", {scores}), v}));
  const Graph graph = recognised(b);
  CHECK(count(graph, "Attention") == 1);
  CHECK(count(graph, "Softmax") == 0);
}

TEST_CASE("PyTorch's guard of rows of which nothing counts") {
  GraphBuilder b;
  const auto [q, k, v] = operands(b);
  Tensor nothing(DType::f32, {2, kLength});
  for (int64_t i = 0; i < 2 * kLength; ++i)
    nothing.span<float>()[i] = i < kLength ? 0 : -std::numeric_limits<float>::infinity();
  const ValueId sum = b.node("Add", {b.node("MatMul", {q, k}), b.constant(std::move(nothing))});
  const ValueId weights = b.node("Softmax", {sum});
  const ValueId guarded =
      b.node("Where", {b.node("IsNaN", {weights}), b.constant({}, {GENERATE(0.0f, 1.0f)}), weights});
  b.output(b.node("MatMul", {guarded, v}));
  const bool is_zero =
      b.graph.nodes.back().inputs[0] == guarded &&
      b.graph[b.graph.nodes[b.graph.nodes.size() - 2].inputs[1]].constant->span<float>()[0] == 0;
  CHECK(count(recognised(b), "Attention") == (is_zero ? 1 : 0));
}

TEST_CASE("Layers that add the same two masks share their sum") {
  GraphBuilder b;
  const auto [q, k, v] = operands(b);
  const ValueId bias = b.input("bias", {1, kHeads, 2, kLength}),
                mask = b.input("mask", {kBatch, 1, 1, kLength});
  for (int layer = 0; layer < 2; ++layer) {
    const ValueId biased = b.node("Add", {b.node("MatMul", {q, k}), bias});
    b.output(b.node("MatMul", {b.node("Softmax", {b.node("Add", {biased, mask})}), v}));
  }
  const Graph graph = recognised(b);
  CHECK(count(graph, "Attention") == 2);
  CHECK(count(graph, "Add") == 1);
}

TEST_CASE("Swin's mask of windows, added to scores of five axes") {
  GraphBuilder b;
  const auto [q, k, v] = operands(b, {kBatch, kHeads, kLength, kSize}, {kBatch, kHeads, kSize, kLength},
                                  {kBatch, kHeads, kLength, kSize});
  const ValueId biased = b.node("Add", {b.node("MatMul", {q, k}), b.random({1, kHeads, kLength, kLength})});
  bool is_one = true;
  ValueId scores = kNoValue;
  SECTION("of one picture") {
    scores = b.node("Add", {reshaped(b, biased, {1, kBatch, kHeads, kLength, kLength}),
                            b.random({1, kBatch, 1, kLength, kLength})});
  }
  SECTION("of two pictures, whose windows share a mask") {
    is_one = false;
    scores = b.node("Add", {reshaped(b, biased, {kBatch, 1, kHeads, kLength, kLength}),
                            b.random({1, 1, 1, kLength, kLength})});
  }
  const ValueId weights = b.node("Softmax", {reshaped(b, scores, {kBatch, kHeads, kLength, kLength})});
  b.output(b.node("MatMul", {weights, v}));
  const Graph graph = recognised(b);
  CHECK(count(graph, "Attention") == (is_one ? 1 : 0));
}

TEST_CASE("PyTorch's MultiheadAttention, whose heads are batches of three axes, needs no transpose") {
  GraphBuilder b;
  const int64_t length = GENERATE(kLength, kDynamic);
  const auto [q, k, v] = operands(b, {length, kBatch * kHeads, kSize}, {length, kBatch * kHeads, kSize},
                                  {length, kBatch * kHeads, kSize});
  const ValueId query = b.node("Mul", {transposed(b, q, {1, 0, 2}), b.constant({}, {0.5f})});
  const ValueId scores = b.node(
      "Add", {b.node("MatMul", {query, transposed(b, k, {1, 2, 0})}), b.random({1, kLength, kLength})});
  const ValueId y = b.node("MatMul", {b.node("Softmax", {scores}), transposed(b, v, {1, 0, 2})});
  b.output(transposed(b, y, {1, 0, 2}));
  const Shape fed{kLength, kBatch * kHeads, kSize};
  const Graph graph = recognised(b, {fed, fed, fed});
  CHECK(count(graph, "Attention") == 1);
  CHECK(count(graph, "Transpose") == 0);
}

TEST_CASE("Attention as Keras' Einsum becomes by tf2onnx needs no transpose") {
  GraphBuilder b;
  const auto [q, k, v] = operands(b, {kBatch, kLength, kHeads, kSize}, {kBatch, kLength, kHeads, kSize},
                                  {kBatch, kLength, kHeads, kSize});
  constexpr int64_t kMatrices = kBatch * kHeads;
  const ValueId query = transposed(b, unsqueezed(b, q, 3), {0, 2, 1, 3, 4}),
                key = transposed(b, unsqueezed(b, k, 1), {0, 3, 1, 2, 4}),
                value = transposed(b, unsqueezed(b, v, 2), {0, 3, 2, 4, 1});
  const ValueId product =
      b.node("MatMul", {reshaped(b, query, {kMatrices, kLength, kSize}),
                        transposed(b, reshaped(b, key, {kMatrices, kLength, kSize}), {0, 2, 1})});
  const ValueId scores = b.node("Squeeze", {reshaped(b, product, {kBatch, kHeads, kLength, kLength, 1}),
                                            b.constant(Tensor::of<int64_t>({1}, {4}))});
  const ValueId weights =
      unsqueezed(b, b.node("Softmax", {b.node("Mul", {scores, b.constant({}, {0.5f})})}), 3);
  const ValueId y =
      b.node("MatMul", {reshaped(b, weights, {kMatrices, kLength, kLength}),
                        transposed(b, reshaped(b, value, {kMatrices, kSize, kLength}), {0, 2, 1})});
  b.output(transposed(b, reshaped(b, y, {kBatch, kHeads, kLength, kSize}), {0, 2, 1, 3}));
  const Graph graph = recognised(b);
  CHECK(count(graph, "Attention") == 1);
  CHECK(count(graph, "Transpose") == 0);
}

TEST_CASE("Heads that are repeated are shared") {
  GraphBuilder b;
  const auto [q, k, v] = operands(b, {kBatch, 2 * kHeads, kLength, kSize}, {kBatch, kHeads, kLength, kSize},
                                  {kBatch, kLength, kHeads, kSize});
  const auto repeated = [&](ValueId x, int64_t size) {
    const ValueId shape = b.constant(Tensor::of<int64_t>({5}, {kBatch, kHeads, 2, kLength, size}));
    return reshaped(b, b.node("Expand", {unsqueezed(b, x, 2), shape}), {kBatch, 2 * kHeads, kLength, size});
  };
  const ValueId scores = b.node("MatMul", {q, transposed(b, repeated(k, kSize), {0, 1, 3, 2})});
  SECTION("both") {
    b.output(
        b.node("MatMul", {b.node("Softmax", {scores}), repeated(transposed(b, v, {0, 2, 1, 3}), kSize)}));
    const Graph graph = recognised(b);
    CHECK(count(graph, "Attention") == 1);
    CHECK(count(graph, "Expand") + count(graph, "Transpose") == 0);
  }
  SECTION("keys, and not values") {
    const ValueId all = b.input("all", {kBatch, 2 * kHeads, kLength, kSize});
    b.output(b.node("MatMul", {b.node("Softmax", {scores}), all}));
    const Graph graph = recognised(b);
    CHECK(count(graph, "Attention") == 1);
    CHECK(count(graph, "Expand") == 1);
  }
}

TEST_CASE("Heads that are repeated are shared, whatever batch and length are") {
  GraphBuilder b;
  const ValueId q = b.input("q", {kDynamic, 2 * kHeads, kDynamic, kSize}),
                k = b.input("k", {kDynamic, kDynamic, kHeads, kSize});
  const int64_t first = GENERATE(0, kBatch);
  const auto repeated = [&](ValueId x) {
    const ValueId five =
        b.node("Expand", {unsqueezed(b, x, 2), b.constant(Tensor::of<int64_t>({5}, {1, 1, 2, 1, 1}))});
    return reshaped(b, five, {first, 2 * kHeads, -1, kSize});
  };
  const ValueId keys = transposed(b, k, {0, 2, 1, 3});
  const ValueId scores = b.node("MatMul", {q, transposed(b, repeated(keys), {0, 1, 3, 2})});
  b.output(b.node("MatMul", {b.node("Softmax", {scores}), repeated(keys)}));
  const Graph graph = recognised(b, {{kBatch, 2 * kHeads, kLength, kSize}, {kBatch, kLength, kHeads, kSize}});
  CHECK(count(graph, "Attention") == 1);
  // Whether the batch is kept is known where it is copied.
  CHECK(count(graph, "Expand") == (first == 0 ? 0 : 2));
}

TEST_CASE("What only looks like attention stays") {
  GraphBuilder b;
  const auto [q, k, v] = operands(b);
  const ValueId product = b.node("MatMul", {q, k}), two = b.constant({}, {2});
  ValueId scores = product;
  Attrs axis;
  SECTION("weights that somebody reads") {
    const ValueId weights = b.node("Softmax", {product});
    b.output(weights);
    b.output(b.node("MatMul", {weights, v}));
  }
  SECTION("scores that somebody reads") { b.output(product); }
  SECTION("another axis") { axis = attrs({{"axis", int64_t{2}}}); }
  SECTION("a mask that is scaled") {
    scores = b.node("Mul", {b.node("Add", {product, b.random({1, kLength})}), two});
  }
  SECTION("a number that is chosen and not small") {
    scores = b.node("Where", {causal(b, 2, kLength), product, b.constant({}, {-1e4f})});
  }
  SECTION("scores that are chosen where they do not count") {
    scores = b.node("Where", {causal(b, 2, kLength), two, product});
  }
  SECTION("a softmax of something else") { scores = b.node("Mul", {product, product}); }
  b.output(b.node("MatMul", {b.node("Softmax", {scores}, axis), v}));
  CHECK(count(recognised(b), "Attention") == 0);
}

TEST_CASE("Matrices that are cut in another way stay") {
  GraphBuilder b;
  const auto [q, k, v] = operands(b, {6, 4, 8}, {6, 8, 6}, {4, 6, 5});
  const ValueId weights = b.node("Softmax", {b.node("MatMul", {q, k})});
  b.output(b.node("MatMul", {reshaped(b, weights, {4, 6, 6}), v}));
  CHECK(count(recognised(b), "Attention") == 0);
}
