#include <catch2/catch_test_macros.hpp>

#include "passes/passes.h"
#include "support/graph_builder.h"
#include "support/interpreter.h"
#include "support/random_data.h"

using namespace octavo;
using namespace octavo::test;

namespace {

// What ONNX Runtime's quantize_dynamic makes of op(x, w): DynamicQuantizeLinear, a product of integers, Cast, Mul.
struct Chain {
  GraphBuilder b;
  Shape input;

  Chain(std::string_view op, Shape x_shape, Tensor weights, Tensor scales, Tensor zero_points,
        bool swaps = false)
      : input(x_shape) {
    const ValueId x = b.input("x", x_shape);
    const ValueId q = b.node("DynamicQuantizeLinear", {x});
    const ValueId scale = b.graph.add_value({{DType::f32, Shape{}}, "x_scale"});
    const ValueId zero = b.graph.add_value({{DType::u8, Shape{}}, "x_zero"});
    b.graph.nodes.back().outputs = {q, scale, zero};
    const ValueId w_scale = b.constant(std::move(scales));
    const ValueId sums =
        b.node(op, {q, b.constant(std::move(weights)), zero, b.constant(std::move(zero_points))});
    const ValueId floats = b.node("Cast", {sums}, attrs({{"to", int64_t{1}}}));
    const ValueId factor = b.node("Mul", {scale, w_scale});
    b.output(swaps ? b.node("Mul", {factor, floats}) : b.node("Mul", {floats, factor}));
  }

  Graph simplified() {
    return rewritten(b, input, 1e-4f, [](Graph& graph) { simplify(graph, KernelPolicy{}); });
  }
};

Tensor weights(Shape shape) { return Random(3).integers<int8_t>(shape, -127, 127); }
Tensor zeros(Shape shape) { return Random(3).integers<int8_t>(shape, 0, 0); }

}  // namespace

TEST_CASE("A product of integers between its scales is one of what is dequantized", "[passes]") {
  for (const bool swaps : {false, true}) {
    Graph graph = Chain("MatMulInteger", {2, 3, 8}, weights({8, 5}), Tensor::scalar(0.01f), zeros({}), swaps)
                      .simplified();
    CHECK(graph.nodes.size() == 4);
    CHECK(count(graph, "DynamicQuantizeLinear") == 1);
    CHECK(count(graph, "DequantizeLinear") == 2);
    CHECK(count(graph, "MatMul") == 1);
    // … and that becomes the operator that quantizes for itself.
    lower(graph, KernelPolicy{});
    CHECK(count(graph, "octavo.DynamicQGemm") == 1);
  }
}

TEST_CASE("Weights of a product may have a scale a column", "[passes]") {
  const Tensor scales = Random(4).floats({5}, 0.01f, 0.02f);
  for (const Shape& zero_points : {Shape{5}, Shape{}}) {
    const Graph graph =
        Chain("MatMulInteger", {3, 8}, weights({8, 5}), Tensor::copy_of(scales.view()), zeros(zero_points))
            .simplified();
    CHECK(count(graph, "MatMul") == 1);
  }
}

TEST_CASE("Weights may have a zero_point", "[passes]") {
  Chain chain("MatMulInteger", {3, 8}, Random(3).integers<uint8_t>({8, 5}, 0, 255), Tensor::scalar(0.01f),
              Tensor::scalar<uint8_t>(121));
  CHECK(count(chain.simplified(), "MatMul") == 1);
}

TEST_CASE("A convolution of integers is recognised, too", "[passes]") {
  Graph graph =
      Chain("ConvInteger", {1, 3, 6, 6}, weights({4, 3, 3, 3}), Tensor::of<float>({1}, {0.01f}), zeros({}))
          .simplified();
  CHECK(count(graph, "Conv") == 1);
  lower(graph, KernelPolicy{});
  CHECK(count(graph, "octavo.DynamicQConv") == 1);
}

TEST_CASE("What does not scale its own activation stays", "[passes]") {
  // A scale that is none of the columns'.
  Chain rows("MatMulInteger", {3, 8}, weights({8, 5}), Random(4).floats({3, 1}, 0.01f, 0.02f), zeros({}));
  CHECK(count(rows.simplified(), "MatMulInteger") == 1);
  // The scale of another activation.
  Chain other("MatMulInteger", {3, 8}, weights({8, 5}), Tensor::scalar(0.01f), zeros({}));
  for (Node& node : other.b.graph.nodes)
    if (node.op->name == "Mul" && node.inputs[0] == other.b.graph.nodes[0].outputs[1])
      node.inputs[0] = other.b.constant(Tensor::scalar(0.5f));
  CHECK(count(other.simplified(), "MatMulInteger") == 1);
}
