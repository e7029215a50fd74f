// The networks under models/.
#include <catch2/catch_test_macros.hpp>
#include <map>

#include "graph/op_def.h"
#include "onnx/model_builder.h"

namespace octavo::onnx {
namespace {

struct Network {
  const char* file;
  int64_t opset;
  Shape input;
  std::map<std::string_view, int> operators;
};

const Network kNetworks[] = {
    {"mnist.onnx",
     13,
     {kDynamic, 1, 28, 28},
     {{"BatchNormalization", 2}, {"Conv", 2}, {"Flatten", 1}, {"Gemm", 1}, {"MaxPool", 2}, {"Relu", 2}}},
    {"resnet18-quarter.onnx",
     17,
     {kDynamic, 3, 224, 224},
     {{"Add", 8},
      {"BatchNormalization", 20},
      {"Conv", 20},
      {"Flatten", 1},
      {"Gemm", 1},
      {"GlobalAveragePool", 1},
      {"MaxPool", 1},
      {"Relu", 17}}},
    {"efficientnet-lite0.onnx",
     17,
     {kDynamic, 3, 224, 224},
     {{"Add", 9},
      {"BatchNormalization", 49},
      {"Clip", 33},
      {"Conv", 49},
      {"Flatten", 1},
      {"Gemm", 1},
      {"GlobalAveragePool", 1}}},
    // Its 250 Constant nodes are constants of the graph.
    {"ppocr-cls.onnx",
     9,
     {kDynamic, 3, kDynamic, kDynamic},
     {{"Add", 26},
      {"BatchNormalization", 35},
      {"Cast", 3},
      {"Clip", 18},
      {"Concat", 1},
      {"Conv", 53},
      {"Div", 18},
      {"GlobalAveragePool", 10},
      {"HardSigmoid", 9},
      {"MatMul", 1},
      {"MaxPool", 1},
      {"Mul", 27},
      {"Relu", 15},
      {"Reshape", 1},
      {"Shape", 1},
      {"Slice", 1},
      {"Softmax", 1}}},
};

std::map<std::string_view, int> count_operators(const Graph& graph) {
  std::map<std::string_view, int> counts;
  for (const Node& node : graph.nodes) ++counts[node.op->name];
  return counts;
}

TEST_CASE("real networks are read, and come back from their bytes as they were") {
  for (const Network& network : kNetworks) {
    INFO(network.file);
    const Model model = read(read_file(std::string(OCTAVO_MODELS_DIR "/") + network.file));
    CHECK(model.opset == network.opset);
    REQUIRE(model.graph.inputs.size() == 1);
    CHECK(model.graph[model.graph.inputs[0]].shape == network.input);
    CHECK(count_operators(model.graph) == network.operators);
    const Bytes bytes = write_model(model);
    const Model back = read(bytes);
    CHECK(dump(back.graph) == dump(model.graph));
    CHECK(write_model(back) == bytes);
  }
}

}  // namespace
}  // namespace octavo::onnx
