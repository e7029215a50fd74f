// Each rule of the upgrade table: the old form comes in, the form of opset 21 comes out.
#include <catch2/catch_test_macros.hpp>

#include "graph/op_def.h"
#include "onnx/model_builder.h"
#include "onnx/upgrade.h"

namespace octavo::onnx {
namespace {

using protozero::pbf_writer;

using Ints = std::vector<int64_t>;

// A model of one node from "x" to "y" at `opset`.
ModelBuilder one_node(int64_t opset, std::string_view op, std::vector<Bytes> attributes,
                      std::vector<std::string> inputs = {"x"}, std::vector<std::string> outputs = {"y"}) {
  ModelBuilder builder;
  builder.opset = opset;
  builder.nodes = {node(op, inputs, outputs, attributes)};
  return builder;
}

Ints int_input(const Graph& graph, const Node& node, std::size_t i) {
  const Tensor* tensor = graph.constant_input(node, i);
  REQUIRE(tensor != nullptr);
  REQUIRE(tensor->shape().rank() == 1);
  return to_int64(tensor->view());
}

float float_input(const Graph& graph, const Node& node, std::size_t i) {
  const Tensor* tensor = graph.constant_input(node, i);
  REQUIRE(tensor != nullptr);
  REQUIRE(tensor->shape() == Shape{});
  return tensor->span<float>()[0];
}

TEST_CASE("A row says since when there is its operator where only files have it") {
  for (const Upgrade* row : all_upgrades()) {
    INFO(row->op);
    CHECK((row->since != 0) == (find_op(row->op) == nullptr));
  }
}

TEST_CASE("Clip: bounds become inputs at opset 11") {
  const Graph graph = one_node(9, "Clip", {attribute("max", 6.0f), attribute("min", -1.0f)}).read().graph;
  const Node& clip = the_node(graph, "Clip");
  CHECK(float_input(graph, clip, 1) == -1);
  CHECK(float_input(graph, clip, 2) == 6);
  CHECK(clip.attrs.empty());
}

TEST_CASE("Clip: only an upper bound") {
  const Graph graph = one_node(7, "Clip", {attribute("max", 6.0f)}).read().graph;
  const Node& clip = the_node(graph, "Clip");
  CHECK(!clip.has_input(1));
  CHECK(float_input(graph, clip, 2) == 6);
}

TEST_CASE("Min, Max and Sum of many are chains of two") {
  for (const auto& [op, two] : {std::pair("Min", "Min"), {"Max", "Max"}, {"Sum", "Add"}}) {
    CAPTURE(op);
    const Graph three = one_node(13, op, {}, {"x", "x", "x"}).read().graph;
    REQUIRE(three.nodes.size() == 2);
    for (const Node& node : three.nodes) CHECK(node.op->name == two);
    const Graph one = one_node(13, op, {}, {"x"}).read().graph;
    CHECK(the_node(one, "Identity").inputs.size() == 1);
  }
}

TEST_CASE("Mean is the n-th part of a sum") {
  const Graph graph = one_node(13, "Mean", {}, {"x", "x", "x", "x"}).read().graph;
  CHECK(graph.nodes.size() == 4);
  CHECK(float_input(graph, the_node(graph, "Mul"), 1) == 0.25f);
  CHECK(the_node(one_node(13, "Mean", {}).read().graph, "Identity").inputs.size() == 1);
}

TEST_CASE("Pad: pads and value become inputs at opset 11") {
  const auto attributes = {attribute("pads", Ints{0, 1, 0, 2}), attribute("value", 0.5f),
                           attribute("mode", std::string_view("constant"))};
  const Graph graph = one_node(10, "Pad", attributes).read().graph;
  const Node& pad = the_node(graph, "Pad");
  CHECK(int_input(graph, pad, 1) == Ints{0, 1, 0, 2});
  CHECK(float_input(graph, pad, 2) == 0.5f);
  CHECK(pad.attrs.get_string("mode", "") == "constant");
  CHECK(!pad.attrs.has("pads"));
}

TEST_CASE("Slice: starts, ends and axes become inputs at opset 10") {
  const auto attributes = {attribute("starts", Ints{0}), attribute("ends", Ints{-1}),
                           attribute("axes", Ints{1})};
  const Graph graph = one_node(9, "Slice", attributes).read().graph;
  const Node& slice = the_node(graph, "Slice");
  CHECK(int_input(graph, slice, 1) == Ints{0});
  CHECK(int_input(graph, slice, 2) == Ints{-1});
  CHECK(int_input(graph, slice, 3) == Ints{1});
  CHECK(slice.attrs.empty());
}

TEST_CASE(
    "axes become an input: Squeeze, Unsqueeze and ReduceSum at opset 13, other reductions at opset 18") {
  for (const auto& [op, opset] :
       {std::pair("Squeeze", 12), std::pair("Unsqueeze", 11), std::pair("ReduceMean", 17),
        std::pair("ReduceSum", 12), std::pair("ReduceL2", 17)}) {
    INFO(op);
    const Graph graph = one_node(opset, op, {attribute("axes", Ints{1, -1})}).read().graph;
    CHECK(int_input(graph, graph.nodes[0], 1) == Ints{1, -1});
    CHECK(graph.nodes[0].attrs.empty());
  }
  CHECK(one_node(12, "Squeeze", {}).read().graph.nodes[0].inputs.size() == 1);
  const Graph mean = one_node(13, "ReduceMean", {attribute("keepdims", int64_t{0})}).read().graph;
  CHECK(mean.nodes[0].inputs.size() == 1);
  CHECK(mean.nodes[0].attrs.get_int("keepdims", 1) == 0);
}

TEST_CASE("an attribute that became an input is an error in the other form") {
  const Error late = failure(one_node(13, "Squeeze", {attribute("axes", Ints{1})}));
  CHECK(late.code() == ErrorCode::invalid_graph);
  CHECK(late.op() == "Squeeze");
  ModelBuilder early = one_node(12, "Squeeze", {}, {"x", "axes"});
  early.initializers = {int64_tensor("axes", {1}, {1})};
  CHECK(failure(early).code() == ErrorCode::invalid_graph);
}

TEST_CASE("Softmax before opset 13 over the last axis only loses its default axis") {
  for (const auto& [opset, attributes] :
       {std::pair(9, std::vector<Bytes>{}), std::pair(12, std::vector{attribute("axis", int64_t{-1})})}) {
    const Graph graph = one_node(opset, "Softmax", attributes).read().graph;
    CHECK(graph.nodes.size() == 1);
    CHECK(the_node(graph, "Softmax").attrs.get_int("axis", 99) == -1);
  }
  CHECK(one_node(13, "Softmax", {attribute("axis", int64_t{0})})
            .read()
            .graph.nodes[0]
            .attrs.get_int("axis", 9) == 0);
}

TEST_CASE("Softmax before opset 13 knows the last axis from its output too") {
  ModelBuilder builder;
  builder.opset = 9;
  builder.nodes = {node("Relu", {"x"}, {"a"}), node("Softmax", {"a"}, {"y"})};
  CHECK(builder.read().graph.nodes.size() == 2);
}

TEST_CASE("Softmax before opset 13 over several axes flattens and restores the shape") {
  ModelBuilder builder = one_node(9, "Softmax", {attribute("axis", int64_t{1})});
  builder.inputs = {value_info("x", kFloat, {2, 3, 4})};
  builder.outputs = {value_info("y", kFloat, {2, 3, 4})};
  const Graph graph = builder.read().graph;
  const Node &flatten = the_node(graph, "Flatten"), &softmax = the_node(graph, "Softmax");
  const Node &shape = the_node(graph, "Shape"), &reshape = the_node(graph, "Reshape");
  CHECK(graph.nodes.size() == 4);
  CHECK(flatten.inputs == graph.inputs);
  CHECK(flatten.attrs.get_int("axis", 99) == 1);
  CHECK(softmax.inputs == flatten.outputs);
  CHECK(softmax.attrs.get_int("axis", 99) == -1);
  CHECK(shape.inputs == graph.inputs);
  CHECK(reshape.inputs == std::vector<ValueId>{softmax.outputs[0], shape.outputs[0]});
  CHECK(reshape.outputs == graph.outputs);
}

TEST_CASE("Dropout keeps no ratio, and must not train") {
  const Graph old = one_node(7, "Dropout", {attribute("ratio", 0.5f)}, {"x"}, {"y", "mask"}).read().graph;
  CHECK(the_node(old, "Dropout").attrs.empty());
  CHECK(the_node(old, "Dropout").outputs.size() == 1);

  ModelBuilder builder = one_node(13, "Dropout", {}, {"x", "ratio", "mode"});
  builder.initializers = {float_tensor("ratio", {}, {0.5f}), tensor("mode", kBool, {}, [](pbf_writer& out) {
                            out.add_int32(tensor_proto::int32_data, 0);
                          })};
  CHECK(the_node(builder.read().graph, "Dropout").inputs.size() == 1);
  builder.initializers[1] =
      tensor("mode", kBool, {}, [](pbf_writer& out) { out.add_int32(tensor_proto::int32_data, 1); });
  CHECK(failure(builder).code() == ErrorCode::unsupported);

  const auto masked = [](int64_t opset) {
    ModelBuilder model = one_node(opset, "Dropout", {}, {"x"}, {"y", "mask"});
    model.outputs.push_back(value_info("mask", kBool, {2, 3}));
    return model;
  };
  CHECK(the_node(masked(13).read().graph, "Dropout").outputs.size() == 2);
  CHECK(failure(masked(7)).code() == ErrorCode::unsupported);
}

TEST_CASE("LogSoftmax before opset 13 is over several axes, too") {
  ModelBuilder builder = one_node(9, "LogSoftmax", {});
  builder.inputs = {value_info("x", kFloat, {2, 3, 4})};
  builder.outputs = {value_info("y", kFloat, {2, 3, 4})};
  CHECK(builder.read().graph.nodes.size() == 4);
}

TEST_CASE("DFT: the axis becomes an input at opset 20, and another one by default") {
  const auto axis_of = [](const ModelBuilder& model) {
    const Graph graph = model.read().graph;
    return to_int64(graph.constant_input(the_node(graph, "DFT"), 2)->view());
  };
  CHECK(axis_of(one_node(19, "DFT", {})) == Ints{1});
  CHECK(axis_of(one_node(17, "DFT", {attribute("axis", int64_t{0})})) == Ints{0});
  CHECK(one_node(20, "DFT", {}).read().graph.nodes[0].inputs.size() == 1);
}

TEST_CASE("LpNormalization is a division by a reduction, MeanVarianceNormalization by a deviation") {
  const Graph lp =
      one_node(13, "LpNormalization", {attribute("p", int64_t{1}), attribute("axis", int64_t{0})})
          .read()
          .graph;
  CHECK(lp.nodes.size() == 2);
  CHECK(int_input(lp, the_node(lp, "ReduceL1"), 1) == Ints{0});
  CHECK(the_node(lp, "Div").inputs[1] == the_node(lp, "ReduceL1").outputs[0]);
  CHECK(failure(one_node(13, "LpNormalization", {attribute("p", int64_t{3})})).code() ==
        ErrorCode::invalid_graph);
  const Graph mvn = one_node(13, "MeanVarianceNormalization", {attribute("axes", Ints{1})}).read().graph;
  CHECK(mvn.nodes.size() == 7);
  CHECK(the_node(mvn, "Sqrt").inputs.size() == 1);
  CHECK(the_node(mvn, "Div").outputs == mvn.outputs);
}

TEST_CASE("SoftmaxCrossEntropyLoss is LogSoftmax and NegativeLogLikelihoodLoss") {
  for (const bool shows : {false, true}) {
    ModelBuilder builder =
        one_node(13, "SoftmaxCrossEntropyLoss", {attribute("ignore_index", int64_t{7})}, {"x", "t"},
                 shows ? std::vector<std::string>{"y", "p"} : std::vector<std::string>{"y"});
    builder.initializers = {int64_tensor("t", {2}, {0, 1})};
    if (shows) builder.outputs.push_back(value_info("p", kFloat, {2, 3}));
    const Graph graph = builder.read().graph;
    CHECK(graph.nodes.size() == 2);
    const Node &log = the_node(graph, "LogSoftmax"), &loss = the_node(graph, "NegativeLogLikelihoodLoss");
    CHECK(log.attrs.get_int("axis", 0) == 1);
    CHECK(loss.inputs[0] == log.outputs[0]);
    CHECK(loss.attrs.get_int("ignore_index", 0) == 7);
    if (shows) CHECK(log.outputs[0] == graph.outputs[1]);
  }
}

TEST_CASE("BatchNormalization that trains takes its statistics from its input") {
  const auto model = [](int64_t opset, std::vector<Bytes> attributes, bool uses_mean) {
    ModelBuilder builder =
        one_node(opset, "BatchNormalization", attributes, {"x", "s", "b", "m", "v"}, {"y", "mean", "var"});
    for (const char* name : {"s", "b", "m", "v"})
      builder.initializers.push_back(float_tensor(name, {3}, {1, 1, 1}));
    if (uses_mean) builder.outputs.push_back(value_info("mean", kFloat, {3}));
    return builder;
  };
  const Graph old = model(7, {attribute("spatial", int64_t{1})}, false).read().graph;
  CHECK(old.nodes[0].outputs.size() == 1);
  CHECK(!old.nodes[0].attrs.has("spatial"));
  CHECK(model(15, {attribute("training_mode", int64_t{0})}, false).read().graph.nodes.size() == 1);
  CHECK(failure(model(7, {attribute("spatial", int64_t{0})}, false)).code() == ErrorCode::unsupported);
  const Graph trains = model(15, {attribute("training_mode", int64_t{1})}, true).read().graph;
  const Node& normalization = the_node(trains, "BatchNormalization");
  CHECK(normalization.outputs.size() == 1);
  CHECK(!normalization.attrs.has("training_mode"));
  CHECK(trains.constant_input(normalization, 3) == nullptr);
  CHECK(trains.nodes.size() == 10);
  CHECK(failure(model(9, {}, true)).code() == ErrorCode::unsupported);
}

TEST_CASE("attributes that opset 23 gave to quantization") {
  const auto model = [](std::string_view op, std::string_view attr, int64_t type) {
    ModelBuilder builder = one_node(23, op, {attribute(attr, type)}, {"x", "s"});
    builder.initializers = {float_tensor("s", {}, {1})};
    return builder;
  };
  CHECK(model("QuantizeLinear", "precision", kFloat).read().graph.nodes[0].attrs.empty());
  CHECK(model("DequantizeLinear", "output_dtype", kFloat).read().graph.nodes[0].attrs.empty());
  // 16-bit floats are computed as float32.
  CHECK(model("QuantizeLinear", "precision", kHalf).read().graph.nodes[0].attrs.empty());
  CHECK(model("DequantizeLinear", "output_dtype", kHalf).read().graph.nodes[0].attrs.empty());
  constexpr int64_t kDouble = 11;
  CHECK(failure(model("DequantizeLinear", "output_dtype", kDouble)).code() == ErrorCode::unsupported);
}

// A node of "x" and a float input `second` of unknown sizes.
ModelBuilder two_inputs(int64_t opset, std::string_view op, std::string_view second,
                        std::vector<int64_t> dims, std::vector<Bytes> attributes = {}) {
  ModelBuilder builder = one_node(opset, op, attributes, {"x", std::string(second)});
  builder.inputs.push_back(value_info(second, kFloat, dims));
  return builder;
}

TEST_CASE("Upsample is Resize by x / scale, rounded down") {
  const Graph graph = two_inputs(9, "Upsample", "scales", {2}).read().graph;
  const Node& resize = the_node(graph, "Resize");
  CHECK(!resize.has_input(1));
  CHECK(resize.has_input(2));
  CHECK(resize.attrs.get_string("coordinate_transformation_mode", "") == "asymmetric");
  CHECK(resize.attrs.get_string("nearest_mode", "") == "floor");
  CHECK(failure(two_inputs(11, "Upsample", "scales", {2})).code() == ErrorCode::invalid_graph);
  // Without scales it is of no use, and has the inputs that it is written with.
  CHECK(the_node(one_node(9, "Upsample", {}).read().graph, "Resize").inputs.size() == 1);
}

TEST_CASE("Resize of opset 10 has its scales as input 1") {
  const Graph graph = two_inputs(10, "Resize", "scales", {2}).read().graph;
  const Node& resize = the_node(graph, "Resize");
  CHECK(!resize.has_input(1));
  CHECK(resize.has_input(2));
  CHECK(resize.attrs.get_string("nearest_mode", "") == "floor");
  // What shrinks by the shapes that the file states takes the element behind.
  ModelBuilder shrinking = two_inputs(10, "Resize", "scales", {2});
  shrinking.outputs = {value_info("y", kFloat, {2, 1})};
  const Graph shrunk = shrinking.read().graph;
  CHECK(the_node(shrunk, "Resize").attrs.get_string("nearest_mode", "") == "ceil");
  CHECK(failure(two_inputs(9, "Resize", "scales", {2})).code() == ErrorCode::invalid_graph);
}

TEST_CASE("GridSample: modes have other names since opset 20") {
  const auto mode = [](std::vector<Bytes> attributes) {
    const Graph graph = two_inputs(16, "GridSample", "grid", {-1, -1}, attributes).read().graph;
    return std::string(the_node(graph, "GridSample").attrs.get_string("mode", ""));
  };
  CHECK(mode({}) == "linear");
  CHECK(mode({attribute("mode", std::string_view("bicubic"))}) == "cubic");
  CHECK(mode({attribute("mode", std::string_view("nearest"))}) == "nearest");
}

TEST_CASE("Constant nodes become constants, whatever the attribute") {
  const auto constant = [](const Bytes& value) {
    ModelBuilder builder;
    builder.nodes = {node("Add", {"x", "c"}, {"y"}), node("Constant", {}, {"c"}, {value})};
    return builder;
  };
  const auto read = [&](const Bytes& value) {
    const Graph graph = constant(value).read().graph;
    CHECK(graph.nodes.size() == 1);
    return graph[graph.nodes[0].inputs[1]];
  };
  const Value tensor = read(tensor_attribute("value", float_tensor("", {1, 2}, {1, 2})));
  CHECK(tensor.name == "c");
  CHECK(tensor.constant->shape() == Shape{1, 2});
  CHECK(read(attribute("value_float", 2.5f)).constant->span<float>()[0] == 2.5f);
  CHECK(*read(attribute("value_float", 2.5f)).shape == Shape{});
  CHECK(read(attribute("value_int", int64_t{-4})).constant->span<int64_t>()[0] == -4);
  CHECK(*read(attribute("value_floats", std::vector<float>{1, 2})).shape == Shape{2});
  CHECK(read(attribute("value_ints", Ints{7, 8, 9})).constant->span<int64_t>()[2] == 9);
  CHECK(failure(constant(attribute("value_string", std::string_view("a")))).code() == ErrorCode::unsupported);
  CHECK(failure(constant(attribute("other", int64_t{1}))).code() == ErrorCode::invalid_graph);
}

TEST_CASE("operators whose form did not change come through as they are") {
  const Graph cast = one_node(9, "Cast", {attribute("to", int64_t{kInt64})}).read().graph;
  CHECK(cast.nodes[0].attrs.get_int("to", 0) == kInt64);
  ModelBuilder gemm = one_node(11, "Gemm", {attribute("transB", int64_t{1})}, {"x", "w"});
  gemm.initializers = {float_tensor("w", {1, 3}, {1, 2, 3})};
  CHECK(gemm.read().graph.nodes[0].inputs.size() == 2);
  const auto fill = tensor_attribute("value", int64_tensor("", {1}, {3}));
  CHECK(one_node(9, "ConstantOfShape", {fill})
            .read()
            .graph.nodes[0]
            .attrs.get_tensor("value")
            ->span<int64_t>()[0] == 3);
}

}  // namespace
}  // namespace octavo::onnx
