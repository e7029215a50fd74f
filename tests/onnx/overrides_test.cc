// Initializers that are inputs: ONNX's inputs with a default.
#include <catch2/catch_test_macros.hpp>

#include "onnx/model_builder.h"

using namespace octavo;
using namespace octavo::onnx;

namespace {

// y = x + w, where w is an initializer and an input.
ModelBuilder with_default(const std::vector<int64_t>& declared = {3}) {
  ModelBuilder model;
  model.inputs.push_back(value_info("w", kFloat, declared));
  model.initializers = {float_tensor("w", {3}, {1, 2, 3}), float_tensor("hidden", {1}, {0})};
  model.nodes = {node("Add", {"x", "w"}, {"z"}), node("Mul", {"z", "hidden"}, {"y"})};
  return model;
}

Model read_with(const ModelBuilder& model, std::string_view name, const Tensor& tensor) {
  const Bytes bytes = model.bytes();
  const NamedTensor given{name, tensor.view()};
  return read_model(FileMemory::copy_of(std::as_bytes(std::span(bytes))), {}, {&given, 1});
}

std::string refusal(const ModelBuilder& model, std::string_view name, const Tensor& tensor) {
  try {
    read_with(model, name, tensor);
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::invalid_input);
    return error.what();
  }
  return "";
}

std::vector<float> addend(const Model& model) {
  const Tensor* const w = model.graph.constant_input(the_node(model.graph, "Add"), 1);
  REQUIRE(w != nullptr);
  return {w->span<float>().begin(), w->span<float>().end()};
}

const Tensor kOther = Tensor::of<float>({3}, {7, 8, 9});

}  // namespace

TEST_CASE("An initializer that is an input is a constant, and listed as one that may be overridden") {
  const Model model = with_default().read();
  CHECK(model.graph.inputs.size() == 1);
  CHECK(addend(model) == std::vector<float>{1, 2, 3});
  REQUIRE(model.overridable_initializers.size() == 1);
  const Value& w = model.overridable_initializers[0];
  CHECK(w.name == "w");
  CHECK(w.dtype == DType::f32);
  CHECK(w.shape == Shape{3});
}

TEST_CASE("Another tensor takes its place") {
  CHECK(addend(read_with(with_default(), "w", kOther)) == std::vector<float>{7, 8, 9});
  CHECK(addend(with_default().read()) == std::vector<float>{1, 2, 3});
}

TEST_CASE("It may have any size that the input leaves open") {
  const ModelBuilder open = with_default({-1});
  CHECK(addend(read_with(open, "w", Tensor::of<float>({1}, {5}))) == std::vector<float>{5});
  CHECK(refusal(open, "w", Tensor::scalar(5.0f)) ==
        "initializer 'w' is float32 of shape [?], not float32 of shape []");
}

TEST_CASE("Another type, and what is no initializer that is an input, is refused by name") {
  CHECK(refusal(with_default(), "w", Tensor::of<float>({2}, {1, 2})) ==
        "initializer 'w' is float32 of shape [3], not float32 of shape [2]");
  CHECK(refusal(with_default(), "w", Tensor::of<int64_t>({3}, {1, 2, 3})) ==
        "initializer 'w' is float32 of shape [3], not int64 of shape [3]");
  for (const std::string_view name : {"hidden", "x", "nothing"})
    CHECK(refusal(with_default(), name, kOther)
              .starts_with(text("the model has no initializer '{}' that may", name)));
}

TEST_CASE("Before IR version 4 an initializer that is an input is a constant and nothing else") {
  ModelBuilder old = with_default();
  old.ir_version = 3;
  CHECK(old.read().overridable_initializers.empty());
  CHECK(refusal(old, "w", kOther).starts_with("the model has no initializer 'w' that may be overridden"));
}

TEST_CASE("16-bit floats are given as such or as float32") {
  ModelBuilder model = with_default();
  model.inputs[1] = value_info("w", kHalf, {3});
  model.initializers[0] = tensor("w", kHalf, {3}, [](protozero::pbf_writer& writer) {
    for (int i = 0; i < 3; ++i) writer.add_int32(tensor_proto::int32_data, 0x3c00);
  });
  CHECK(addend(model.read()) == std::vector<float>{1, 1, 1});
  CHECK(model.read().overridable_initializers[0].dtype == DType::f16);
  CHECK(addend(read_with(model, "w", kOther)) == std::vector<float>{7, 8, 9});
  Tensor halves(DType::f16, Shape{3});
  for (uint16_t& bits : std::span(halves.view().as<uint16_t>(), 3)) bits = 0x4000;
  CHECK(addend(read_with(model, "w", halves)) == std::vector<float>{2, 2, 2});
}
