#include <catch2/catch_test_macros.hpp>
#include <cstring>

#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

namespace {

constexpr int64_t kD = kDynamic;

Tensor list(const Ints& numbers) {
  return Tensor::of<int64_t>({static_cast<int64_t>(numbers.size())}, std::span<const int64_t>(numbers));
}

// The shape inferred from a shape and a list with known contents.
std::optional<Shape> infer(std::string_view op, Shape x, const Ints& numbers, bool zero_is_zero = false) {
  const Tensor known = list(numbers);
  Attrs attrs;
  if (zero_is_zero) attrs.set("allowzero", 1);
  return infer_op(op, {{DType::f32, std::move(x)}, {DType::s64, known.shape(), &known}}, attrs)[0].shape;
}

std::string error(std::string_view op, Shape x, const Ints& numbers, bool zero_is_zero = false) {
  return error_of([&] { infer(op, std::move(x), numbers, zero_is_zero); });
}

}  // namespace

TEST_CASE("Operators that change shapes only keep the elements") {
  const auto check = [](OpRunner op, const Shape& shape) {
    CAPTURE(op.node().op->name);
    CHECK(op.is_view());
    OpRunner copies = op;
    CHECK(op.run1().shape() == shape);
    // Where memory cannot be shared, run copies.
    const OpDef& def = *copies.node().op;
    const Tensor x = iota<float>({2, 1, 6});
    Tensor y(DType::f32, shape);
    const TensorView inputs[] = {x.view()}, outputs[] = {y.view()};
    const KernelPolicy policy;
    RunContext context{copies.node(), PlanState(), inputs, outputs, {}, policy};
    def.run(context);
    CHECK(values<float>(y) == values<float>(x));
  };
  const auto x = [] { return iota<float>({2, 1, 6}); };
  check(OpRunner("Reshape").input(x()).input(list({3, -1})), {3, 4});
  check(OpRunner("Flatten").attr("axis", 2).input(x()), {2, 6});
  check(OpRunner("Squeeze").input(x()).input(list({-2})), {2, 6});
  check(OpRunner("Squeeze").input(x()), {2, 6});
  check(OpRunner("Unsqueeze").input(x()).input(list({0, -1})), {1, 2, 1, 6, 1});
  check(OpRunner("Identity").input(x()), {2, 1, 6});
}

TEST_CASE("Reshape works out its shape") {
  CHECK(infer("Reshape", {2, 3, 4}, {0, -1}) == Shape{2, 12});
  CHECK(infer("Reshape", {2, 3, 4}, {4, 6}) == Shape{4, 6});
  CHECK(infer("Reshape", {2, 3, 4}, {-1}) == Shape{24});
  CHECK(infer("Reshape", {1}, {}) == Shape{});
  CHECK(infer("Reshape", {0, 3}, {3, 0}, true) == Shape{3, 0});
}

TEST_CASE("Reshape with dynamic dimensions") {
  CHECK(infer("Reshape", {kD, 3, 4}, {0, -1}) == Shape{kD, 12});
  CHECK(infer("Reshape", {kD, 3, 4}, {-1, 12}) == Shape{kD, 12});
  CHECK(infer("Reshape", {kD, kD, 4}, {0, 0, 2, -1}) == Shape{kD, kD, 2, 2});
  CHECK(infer("Reshape", {kD, 4}, {1, 8}) == Shape{1, 8});
  const Operand length_only{DType::s64, Shape{3}};
  CHECK(*infer_op("Reshape", {{DType::f32, Shape{2, 3}}, length_only})[0].shape == Shape{kD, kD, kD});
  CHECK(*infer_op("Reshape", {{DType::f32, Shape{2, 3}}, {DType::s64, Shape{1}}})[0].shape == Shape{6});
  CHECK_FALSE(infer_op("Reshape", {{DType::f32, Shape{2, 3}}, {DType::s64, Shape{kD}}})[0].shape.has_value());
}

TEST_CASE("Reshape rejects what does not fit") {
  CHECK(error("Reshape", {2, 3}, {4}) == "InvalidGraph: cannot give a tensor of shape [2,3] the shape [4]");
  CHECK(error("Reshape", {2, 3}, {4, -1}) ==
        "InvalidGraph: cannot give a tensor of shape [2,3] the shape [4,?]");
  CHECK(error("Reshape", {2}, {2, 0}) == "InvalidGraph: cannot give a tensor of shape [2] the shape [2,0]");
  CHECK(error("Reshape", {0, 3}, {0, -1}) ==
        "InvalidGraph: cannot give a tensor of shape [0,3] the shape [0,?]");
  CHECK(error("Reshape", {2, 3}, {-1, -1}) == "InvalidGraph: more than one dimension is -1 in [?,?]");
  CHECK(error("Reshape", {2, 3}, {-2, 3}) == "InvalidGraph: dimension -2 is negative");
  CHECK(error_of([] {
          infer_op("Reshape", {{DType::f32, Shape{2}}, {DType::s64, Shape{int64_t{1} << 50}}});
        }).starts_with("Unsupported: a tensor of"));
}

TEST_CASE("Flatten splits at any axis") {
  const auto flatten = [](Shape x, int axis) {
    Attrs attrs;
    attrs.set("axis", axis);
    return *infer_op("Flatten", {{DType::f32, std::move(x)}}, attrs)[0].shape;
  };
  CHECK(flatten({2, 3, 4}, 0) == Shape{1, 24});
  CHECK(flatten({2, 3, 4}, 3) == Shape{24, 1});
  CHECK(flatten({2, 3, 4}, -1) == Shape{6, 4});
  CHECK(flatten({kD, 3, 4}, 1) == Shape{kD, 12});
  CHECK(flatten({}, 0) == Shape{1, 1});
  CHECK(error_of([&] { flatten({2}, 2); }) == "InvalidGraph: axis 2 is outside a tensor of rank 1");
}

TEST_CASE("Squeeze and Unsqueeze with dynamic dimensions and unknown axes") {
  CHECK(infer("Squeeze", {1, kD, 1}, {0}) == Shape{kD, 1});
  CHECK(infer("Squeeze", {1, kD, 1}, {1}) == Shape{1, 1});
  CHECK_FALSE(infer_op("Squeeze", {{DType::f32, Shape{1, kD}}})[0].shape.has_value());
  CHECK(*infer_op("Squeeze", {{DType::f32, Shape{1, 2, 3}}, {DType::s64, Shape{1}}})[0].shape ==
        Shape{kD, kD});
  CHECK(infer("Unsqueeze", {kD, 2}, {1, 3}) == Shape{kD, 1, 2, 1});
  CHECK(*infer_op("Unsqueeze", {{DType::f32, Shape{2}}, {DType::s64, Shape{1}}})[0].shape == Shape{kD, kD});
}

TEST_CASE("Squeeze and Unsqueeze reject wrong axes") {
  CHECK(error("Squeeze", {1, 2}, {1}) == "InvalidGraph: axis 1 of shape [1,2] is not 1 and cannot go");
  CHECK(error("Squeeze", {1, 2}, {2}) == "InvalidGraph: axis 2 is outside a tensor of rank 2");
  CHECK(error("Unsqueeze", {2}, {0, 0}) == "InvalidGraph: axis 0 is named twice");
}

TEST_CASE("A shape beyond all memory is refused before its elements are counted") {
  constexpr int64_t kHuge = int64_t{1} << 62;
  OpRunner runner("Reshape");
  runner.input(iota<float>({4})).input(Tensor::of<int64_t>({3}, {kHuge, kHuge, -1}));
  CHECK_THROWS_AS(runner.infer(), Error);
}
