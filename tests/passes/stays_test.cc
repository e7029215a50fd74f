// What each pass leaves alone: graphs that are nearly those it is made for.
#include <catch2/catch_test_macros.hpp>

#include "passes/passes.h"
#include "support/expression.h"

using namespace octavo;
using namespace octavo::test;

namespace {

struct Case {
  const char* what;
  void (*build)(GraphBuilder&);
};

// `pass` changes neither structure nor constants of any of the graphs.
void check_stay(std::initializer_list<Case> cases, int (*pass)(Graph&)) {
  for (const auto& [what, build] : cases) {
    CAPTURE(what);
    GraphBuilder b;
    build(b);
    infer_shapes(b.graph);
    Graph graph = b.graph;
    CHECK(pass(graph) == 0);
    CHECK(expression(graph) == expression(b.graph));
    CHECK(dump(graph) == dump(b.graph));
    verify(graph);
  }
}

ValueId image(GraphBuilder& b) { return b.input("x", {2, 3, 5, 5}); }

ValueId conv(GraphBuilder& b, ValueId x) {
  return b.node("Conv", {x, b.random({4, 3, 1, 1}), b.random({4})});
}

ValueId product(GraphBuilder& b) { return b.node("MatMul", {b.input("x", {2, 3, 4}), b.random({4, 5})}); }

ValueId number(GraphBuilder& b, float value) { return b.constant({}, {value}); }

ValueId clip(GraphBuilder& b, ValueId x) { return b.node("Clip", {x, number(b, 0), number(b, 6)}); }

}  // namespace

TEST_CASE("Affine folding stays away from what is no number a channel") {
  check_stay(
      {
          {"a constant for each row of a batch",
           [](GraphBuilder& b) { b.output(b.node("Mul", {conv(b, image(b)), b.random({2, 4, 1, 1})})); }},
          {"a constant that varies along the width",
           [](GraphBuilder& b) { b.output(b.node("Add", {conv(b, image(b)), b.random({5})})); }},
          {"a constant of more axes than the image",
           [](GraphBuilder& b) { b.output(b.node("Mul", {conv(b, image(b)), b.random({1, 1, 4, 1, 1})})); }},
          {"a factor that is computed",
           [](GraphBuilder& b) { b.output(b.node("Mul", {conv(b, image(b)), b.input("c", {4, 1, 1})})); }},
          {"the quotient of a constant",
           [](GraphBuilder& b) { b.output(b.node("Div", {number(b, 2), conv(b, image(b))})); }},
          {"a square",
           [](GraphBuilder& b) {
             const ValueId y = conv(b, image(b));
             b.output(b.node("Mul", {y, y}));
           }},
          {"a power", [](GraphBuilder& b) { b.output(b.node("Pow", {conv(b, image(b)), number(b, 2)})); }},
          {"an output of the graph",
           [](GraphBuilder& b) {
             const ValueId y = conv(b, image(b));
             b.output(y);
             b.output(b.node("Mul", {y, number(b, 2)}));
           }},
          {"weights that are computed",
           [](GraphBuilder& b) {
             const ValueId y = b.node("Conv", {image(b), b.input("w", {4, 3, 1, 1})});
             b.output(b.node("Mul", {y, number(b, 2)}));
           }},
          {"a bias that is computed",
           [](GraphBuilder& b) {
             const ValueId y = b.node("Conv", {image(b), b.random({4, 3, 1, 1}), b.input("bias", {4})});
             b.output(b.node("Mul", {y, number(b, 2)}));
           }},
          {"a normalization whose mean is computed",
           [](GraphBuilder& b) {
             const ValueId y = conv(b, image(b));
             b.output(b.node("BatchNormalization", {y, b.random({4}), b.random({4}), b.input("mean", {4}),
                                                    b.constant({4}, {1, 1, 1, 1})}));
           }},
      },
      [](Graph& graph) { return fold_affine_into_conv(graph); });
}

TEST_CASE("An operator that passes its input on stays where a name would be lost") {
  check_stay(
      {
          {"between an input and an output",
           [](GraphBuilder& b) { b.output(b.node("Identity", {image(b)})); }},
          {"between two outputs",
           [](GraphBuilder& b) {
             const ValueId y = b.node("Relu", {image(b)});
             b.output(y);
             b.output(b.node("Identity", {y}));
           }},
          {"with a mask that somebody reads",
           [](GraphBuilder& b) {
             const ValueId y = b.node("Dropout", {image(b)});
             const ValueId mask = b.graph.add_value({{DType::boolean}, "mask"});
             b.graph.nodes.back().outputs.push_back(mask);
             b.output(b.node("Relu", {y}));
             b.output(mask);
           }},
      },
      remove_identities);
}

TEST_CASE("What is not known before a run is no constant") {
  check_stay(
      {
          {"the shape of a dynamic tensor",
           [](GraphBuilder& b) { b.output(b.node("Shape", {b.input("x", {2, kDynamic})})); }},
          {"one operand that is fed",
           [](GraphBuilder& b) { b.output(b.node("Add", {b.input("x", {2}), b.random({2})})); }},
          {"weights that are quantized: what is written has them so",
           [](GraphBuilder& b) {
             const ValueId w = b.constant(Tensor::of<int8_t>({2}, {1, -1}));
             b.output(
                 b.node("DequantizeLinear", {w, number(b, 0.5f), b.constant(Tensor::scalar<int8_t>(0))}));
           }},
      },
      [](Graph& graph) {
        FoldingBudget budget(graph);
        return fold_constants(graph, KernelPolicy{}, budget, /*fold_dequantize=*/false);
      });
}

TEST_CASE("A clamp stays where the kernel cannot do it, or somebody reads what is not clamped") {
  check_stay(
      {
          {"the other reader",
           [](GraphBuilder& b) {
             const ValueId y = conv(b, image(b));
             b.output(clip(b, y));
             b.output(b.node("Sigmoid", {y}));
           }},
          {"the graph's output",
           [](GraphBuilder& b) {
             const ValueId y = conv(b, image(b));
             b.output(y);
             b.output(clip(b, y));
           }},
          {"bounds that are computed",
           [](GraphBuilder& b) {
             b.output(b.node("Clip", {conv(b, image(b)), b.input("low", {}), number(b, 6)}));
           }},
          {"an operator that clamps nothing",
           [](GraphBuilder& b) { b.output(clip(b, b.node("Softmax", {image(b)}))); }},
          {"a function that is no clamp",
           [](GraphBuilder& b) { b.output(b.node("Sigmoid", {conv(b, image(b))})); }},
          {"an operand that is only a bound",
           [](GraphBuilder& b) {
             const ValueId bound = b.node("Mul", {b.input("a", {}), b.input("b", {})});
             b.output(b.node("Clip", {image(b), bound, number(b, 6)}));
           }},
      },
      fuse_activations);
}

TEST_CASE("A sum stays where it is no bias of the product's columns") {
  check_stay(
      {
          {"a value a row", [](GraphBuilder& b) { b.output(b.node("Add", {product(b), b.random({3, 1})})); }},
          {"one value", [](GraphBuilder& b) { b.output(b.node("Add", {product(b), b.random({1})})); }},
          {"a value an element",
           [](GraphBuilder& b) { b.output(b.node("Add", {product(b), b.random({3, 5})})); }},
          {"more axes",
           [](GraphBuilder& b) { b.output(b.node("Add", {product(b), b.random({1, 1, 1, 5})})); }},
          {"what is computed",
           [](GraphBuilder& b) { b.output(b.node("Add", {product(b), b.input("c", {5})})); }},
          {"a difference", [](GraphBuilder& b) { b.output(b.node("Sub", {product(b), b.random({5})})); }},
          {"a product with itself",
           [](GraphBuilder& b) {
             const ValueId y = product(b);
             b.output(b.node("Add", {y, y}));
           }},
          {"the other reader",
           [](GraphBuilder& b) {
             const ValueId y = product(b);
             b.output(b.node("Add", {y, b.random({5})}));
             b.output(b.node("Sigmoid", {y}));
           }},
      },
      fuse_activations);
}

TEST_CASE("A layout is chosen for convolutions and pools of images only") {
  check_stay(
      {
          {"no convolution", [](GraphBuilder& b) { b.output(b.node("Relu", {image(b)})); }},
          {"a pool with indices, which count as ONNX lays its elements out",
           [](GraphBuilder& b) {
             const ValueId y =
                 b.node("MaxPool", {image(b)}, attrs({{"kernel_shape", std::vector<int64_t>{2, 2}}}));
             const ValueId indices = b.graph.add_value({{DType::s64}, "indices"});
             b.graph.nodes.back().outputs.push_back(indices);
             b.output(y);
             b.output(indices);
           }},
          {"an image of unknown rank",
           [](GraphBuilder& b) {
             const ValueId x = b.graph.add_value({{DType::f32}, "x"});
             b.graph.inputs.push_back(x);
             b.output(conv(b, x));
           }},
      },
      choose_layout);
}

TEST_CASE("Integers stay where somebody takes them for what no integer operator does") {
  check_stay(
      {
          {"int8 that the graph gives out",
           [](GraphBuilder& b) {
             b.output(b.node("QuantizeLinear",
                             {b.input("x", {2}), number(b, 1), b.constant(Tensor::scalar<int8_t>(0))}));
           }},
          {"a Q and DQ that stand alone",
           [](GraphBuilder& b) {
             const ValueId scale = number(b, 1), zero = b.constant(Tensor::scalar<uint8_t>(0));
             const ValueId q = b.node("QuantizeLinear", {b.input("x", {2}), scale, zero});
             b.output(b.node("DequantizeLinear", {q, scale, zero}));
           }},
          {"a scale that is fed",
           [](GraphBuilder& b) {
             const ValueId scale = b.input("scale", {}), zero = b.constant(Tensor::scalar<uint8_t>(0));
             const ValueId q = b.node("QuantizeLinear", {b.input("x", {2}), scale, zero});
             const ValueId y = b.node("Sigmoid", {b.node("DequantizeLinear", {q, scale, zero})});
             b.output(b.node("QuantizeLinear", {y, scale, zero}));
           }},
          {"a float that is read as well",
           [](GraphBuilder& b) {
             const ValueId scale = number(b, 1), zero = b.constant(Tensor::scalar<uint8_t>(0));
             const ValueId q = b.node("QuantizeLinear", {b.input("x", {2}), scale, zero});
             const ValueId y = b.node("Sigmoid", {b.node("DequantizeLinear", {q, scale, zero})});
             b.output(b.node("QuantizeLinear", {y, scale, zero}));
             b.output(y);
           }},
      },
      [](Graph& graph) {
        const std::size_t before = graph.nodes.size();
        lower_qdq(graph);
        return static_cast<int>(before - graph.nodes.size());
      });
}
