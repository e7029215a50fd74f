#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "support/models.h"

using namespace octavo;
using namespace octavo::test;

namespace {

std::string needed(const Model& model) {
  std::vector<std::string_view> names = model.needed_operators();
  std::ranges::sort(names);
  std::string list;
  for (std::string_view name : names) list += text("{}{}", list.empty() ? "" : ",", name);
  return list;
}

}  // namespace

// The list of which tests/few_operators builds an engine.
TEST_CASE(
    "The operators that a network needs are those of its file, of its quantized copies and of lowering") {
  CHECK(needed(*load_model("mnist.onnx")) == OCTAVO_FEW_OPERATORS);
}

TEST_CASE("A quantized network needs what it is made of") {
  const auto model = load_model("mnist.onnx");
  const auto dynamic = model->quantize_dynamic({});
  const std::string list = needed(*dynamic);
  CHECK(list.contains("octavo.DynamicQGemm"));
  CHECK_FALSE(list.contains("octavo.QConv"));
}
