// Operators of ONNX Runtime's own against what it computes: tests/fixtures/microsoft, of
// tools/fixtures/microsoft_operators.py.
#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "engine/engine.h"
#include "onnx/model_builder.h"
#include "ops/elements.h"
#include "support/json_fixture.h"

namespace octavo {
namespace {

using test::Json;

Tensor to_tensor(const Json& json) {
  DType dtype = DType::f32;
  for (const DTypeInfo& info : kDTypes)
    if (info.name == json["type"]) dtype = info.dtype;
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
      const auto model = Model::load(std::as_bytes(std::span(file)), {});
      std::vector<Tensor> tensors;
      std::vector<Feed> feeds;
      tensors.reserve(expected["inputs"].size());
      for (const auto& [input, json] : expected["inputs"].items()) {
        tensors.push_back(to_tensor(json));
        feeds.push_back({input, &tensors.back()});
      }
      const auto& outputs = model->run(feeds);
      // It quantizes activations, which are floats here.
      const double tolerance = name == "dynamic_quantize_lstm" ? 5e-3 : 1e-4;
      for (std::size_t i = 0; i < model->graph().outputs.size(); ++i) {
        const std::string& output = model->graph()[model->graph().outputs[i]].name;
        INFO(output);
        check(outputs[i], to_tensor(expected["outputs"][output]), tolerance);
      }
    } catch (const Error& error) {
      FAIL_CHECK(error.what());
    }
  }
}

}  // namespace
}  // namespace octavo
