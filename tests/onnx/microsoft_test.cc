// Operators of ONNX Runtime's own against what it computes: tests/fixtures/microsoft, of
// tools/fixtures/microsoft_operators.py.
#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "engine/engine.h"
#include "graph/op_def.h"
#include "onnx/fields.h"
#include "onnx/model_builder.h"
#include "ops/elements.h"
#include "support/json_fixture.h"

namespace octavo {
namespace {

using test::Json;

Tensor to_tensor(const Json& json) {
  DType dtype = DType::f32;
  for (const DTypeInfo& info : kDTypes)
    if (json["type"] == std::string(info.name)) dtype = info.dtype;
  const auto dims = json["dims"].get<std::vector<int64_t>>();
  Tensor tensor(dtype, Shape(std::span<const int64_t>(dims)));
  std::vector<double> numbers;
  for (const Json& number : json["data"]) numbers.push_back(number.get<double>());
  if (!numbers.empty())
    store_elements(numbers.data(), tensor.view(), 0, static_cast<int64_t>(numbers.size()));
  return tensor;
}

// Floats differ in the order of their sums; integers do not.
void check(const TensorView& actual, const Tensor& expected, double tolerance) {
  REQUIRE(actual.dtype == expected.dtype());
  REQUIRE(to_string(actual.shape) == to_string(expected.shape()));
  const auto count = static_cast<std::size_t>(actual.shape.elements());
  std::vector<double> a(count), e(count);
  load_elements(actual, 0, actual.shape.elements(), a.data());
  load_elements(expected.view(), 0, actual.shape.elements(), e.data());
  for (std::size_t i = 0; i < count; ++i) {
    INFO("element " << i << ": " << a[i] << " instead of " << e[i]);
    CHECK(std::fabs(a[i] - e[i]) <= (is_float(actual.dtype) ? tolerance * (1 + std::fabs(e[i])) : 0));
  }
}

TEST_CASE("Operators of ONNX Runtime compute what they compute there", "[onnx][microsoft]") {
  const Json cases = test::read_json_fixture("microsoft/operators.json");
  for (const auto& [name, expected] : cases.items()) {
    INFO(name);
    const std::string file = onnx::read_file(OCTAVO_FIXTURES_DIR "/microsoft/" + name + ".onnx");
    try {
      std::vector<Tensor> tensors;
      std::vector<Feed> feeds;
      tensors.reserve(expected["inputs"].size());
      for (const auto& [input, json] : expected["inputs"].items()) {
        tensors.push_back(to_tensor(json));
        feeds.push_back({input, &tensors.back()});
      }
      const double tolerance = 1e-4;
      // What it became is written and read again, too.
      const auto original = Model::load(std::as_bytes(std::span(file)), {});
      const std::string written = original->to_onnx();
      for (const std::string& bytes : {file, written}) {
        const auto model = Model::load(std::as_bytes(std::span(bytes)), {});
        const auto& outputs = model->run(feeds);
        for (std::size_t i = 0; i < model->graph().outputs.size(); ++i) {
          const std::string& output = model->graph()[model->graph().outputs[i]].name;
          INFO(output);
          check(outputs[i], to_tensor(expected["outputs"][output]), tolerance);
        }
      }
    } catch (const Error& error) {
      FAIL_CHECK(error.what());
    }
  }
}

// A model of one node of that domain.
onnx::ModelBuilder one_node(std::string_view op, std::vector<std::string> inputs,
                            std::vector<onnx::Bytes> attributes, std::vector<std::string> outputs = {"y"}) {
  onnx::ModelBuilder builder;
  builder.nodes = {onnx::node(op, inputs, outputs, attributes) +
                   onnx::message([](protozero::pbf_writer& out) {
                     out.add_string(onnx::node_proto::domain, "com.microsoft");
                   })};
  for (const std::string name : {"a", "b", "c", "d", "e", "f", "g", "h"})
    builder.initializers.push_back(onnx::float_tensor(name, {2}, {1, 2}));
  return builder;
}

std::string refusal(std::string_view op, std::vector<std::string> inputs,
                    std::vector<onnx::Bytes> attributes = {}, std::vector<std::string> outputs = {"y"}) {
  const Error error = onnx::failure(one_node(op, inputs, attributes, outputs));
  const std::string_view message = error.what(), node = "': ";  // behind the node's name
  return text("{}: {}", error_code_name(error.code()), message.substr(message.find(node) + node.size()));
}

TEST_CASE("What operators of ONNX Runtime may have and Octavo has not is refused by name",
          "[onnx][microsoft]") {
  using onnx::attribute;
  CHECK(refusal("FusedConv", {"x", "a"}, {attribute("activation", std::string_view("Sine"))}) ==
        "Unsupported: the activation 'Sine' is not supported");
  CHECK(refusal("FusedConv", {"x", "a"}, {attribute("activation", std::string_view("Clip"))})
            .starts_with("InvalidGraph: has 0 parameters"));
  CHECK(refusal("FusedConv", {"x"}).starts_with("InvalidGraph: input 1 is left out"));
  CHECK(refusal("FusedConv", {"x", "a"}, {attribute("colour", int64_t{1})}).starts_with("Unsupported"));
  CHECK(refusal("FusedMatMul", {"x", "a"}, {attribute("transBatchA", int64_t{1})}) ==
        "Unsupported: the attribute 'transBatchA' is 1, which is not supported");
  CHECK(refusal("MatMulNBits", {"x", "a", "b", "", "c"}) == "Unsupported: input 4 is not supported");
  CHECK(refusal("MatMulNBits", {"x", "x", "b"}, {attribute("K", int64_t{2}), attribute("N", int64_t{1})}) ==
        "Unsupported: input 1 is not constant");
  CHECK(refusal("MatMulNBits", {"x", "a", "b"}, {attribute("K", int64_t{2}), attribute("N", int64_t{1})})
            .starts_with("InvalidGraph"));
  CHECK(refusal("MatMulNBits", {"x", "a", "b"}).starts_with("OutOfMemory"));
  CHECK(refusal("MatMulNBits", {"x", "a", "b"},
                {attribute("K", int64_t{1} << 40), attribute("N", int64_t{1} << 40)})
            .starts_with("OutOfMemory"));
  CHECK(refusal("QLinearAdd", {"x", "a", "b", "x"}).starts_with("InvalidGraph: input 4 is left out"));
  CHECK(refusal("QLinearConcat", {"a", "b", "x", "c"}).starts_with("InvalidGraph: has 4 inputs"));
}

TEST_CASE("Operators on integers are dequantized, computed and quantized", "[onnx][microsoft]") {
  const Graph graph = one_node("QLinearAdd", {"x", "a", "b", "x", "c", "d", "e", "f"}, {}).read().graph;
  CHECK(graph.nodes.size() == 4);
  const Node &add = onnx::the_node(graph, "Add"), &quantize = onnx::the_node(graph, "QuantizeLinear");
  CHECK(quantize.inputs[0] == add.outputs[0]);
  CHECK(quantize.outputs == graph.outputs);
  CHECK(graph[quantize.inputs[1]].name == "e");
  CHECK(graph[quantize.inputs[2]].name == "f");
}

}  // namespace
}  // namespace octavo
