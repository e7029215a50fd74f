#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "passes/passes.h"
#include "support/expression.h"
#include "support/interpreter.h"

using namespace octavo;
using namespace octavo::test;

namespace {

std::string recognised(std::string_view text) {
  GraphBuilder b;
  b.output(add_expression(b, text, {2, 5}));
  infer_shapes(b.graph);
  recognise_gelu(b.graph);
  verify(b.graph);
  return expression(b.graph);
}

}  // namespace

TEST_CASE("Gelu is recognised however it is spelt") {
  const std::string_view text = GENERATE(
      "Mul(Mul(x, Add(Erf(Div(x, 1.4142135)), 1)), 0.5)", "Mul(0.5, Mul(x, Add(1, Erf(Mul(x, 0.70710677)))))",
      "Mul(Mul(x, 0.5), Add(Erf(Div(x, 1.4142135)), 1))", "Mul(x, Mul(0.5, Add(Erf(Div(x, 1.4142135)), 1)))");
  INFO(text);
  CHECK(recognised(text) == "Gelu(x)");
}

TEST_CASE("What only looks like Gelu stays") {
  const std::string_view text = GENERATE("Mul(Mul(x, Add(Erf(Div(x, 1.5)), 1)), 0.5)",
                                         "Mul(Mul(x, Add(Erf(Div(x, 1.4142135)), 2)), 0.5)",
                                         "Mul(Mul(y, Add(Erf(Div(x, 1.4142135)), 1)), 0.5)");
  CHECK(recognised(text).contains("Erf"));
}
