#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

namespace {

// The example of ONNX: two images of three classes and two pixels.
OpRunner loss(std::string_view reduction, const Ints& target = {2, 1, 0, 2}) {
  OpRunner op("NegativeLogLikelihoodLoss");
  op.attr("reduction", std::string(reduction));
  op.input(Tensor::of<float>({2, 3, 2}, {1, 2, 2, 2, 3, 2, 0, 1, 2, 2, 1, 2}));
  return std::move(op.input(Tensor::of<int64_t>({2, 2}, std::span<const int64_t>(target))));
}

Tensor weights() { return Tensor::of<float>({3}, {0.2f, 0.3f, 0.1f}); }

}  // namespace

TEST_CASE("NegativeLogLikelihoodLoss, ONNX's examples") {
  CHECK(values<float>(loss("none").run1()) == std::vector<float>{-3, -2, 0, -2});
  CHECK(values<float>(loss("sum").run1()) == std::vector<float>{-7});
  CHECK(values<float>(loss("mean").run1()) == std::vector<float>{-1.75f});
  CHECK(std::abs(loss("sum").input(weights()).run1().span<float>()[0] - -1.1f) < 1e-6f);
  CHECK(std::abs(loss("mean").input(weights()).run1().span<float>()[0] - -1.1f / 0.7f) < 1e-6f);
}

TEST_CASE("NegativeLogLikelihoodLoss leaves out what it ignores, which need not be a class") {
  const Ints target{2, -1, 0, 2};
  CHECK(values<float>(loss("none", target).attr("ignore_index", -1).run1()) ==
        std::vector<float>{-3, 0, 0, -2});
  CHECK(std::abs(loss("mean", target).attr("ignore_index", -1).run1().span<float>()[0] - -5.0f / 3) < 1e-6f);
  CHECK(error_of([&] { loss("none", target).run(); }) ==
        "InvalidInput: target -1 is outside axis 1 of shape [2,3,2]");
}

TEST_CASE("NegativeLogLikelihoodLoss infers and refuses") {
  const Operand x{DType::f32, Shape{kDynamic, 3, 5}}, target{DType::s64, Shape{2, kDynamic}};
  CHECK(*infer_op("NegativeLogLikelihoodLoss", {x, target})[0].shape == Shape{});
  Attrs attrs;
  attrs.set("reduction", "none");
  CHECK(*infer_op("NegativeLogLikelihoodLoss", {x, target}, attrs)[0].shape == Shape{2, kDynamic});
  CHECK(error_of([&] { infer_op("NegativeLogLikelihoodLoss", {x, {DType::s64, Shape{2, 4}}}); }) ==
        "InvalidGraph: targets [2,4] do not fit input [?,3,5]");
  attrs.set("reduction", "all");
  CHECK(error_of([&] { infer_op("NegativeLogLikelihoodLoss", {x, target}, attrs); }) ==
        "InvalidGraph: reduction 'all'");
}
