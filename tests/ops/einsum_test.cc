#include <catch2/catch_test_macros.hpp>

#include "support/close.h"
#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

namespace {

std::vector<float> einsum(std::string_view equation, std::vector<Tensor> operands, Shape shape) {
  OpRunner op("Einsum");
  op.attr("equation", std::string(equation));
  for (Tensor& operand : operands) op.input(std::move(operand));
  const Tensor y = op.run1();
  CHECK(y.shape() == shape);
  return values<float>(y);
}

Tensor numbers(Shape shape, float first = 0) { return iota<float>(std::move(shape), first); }

template <class... Ts> std::vector<Tensor> list(Ts... tensors) {
  std::vector<Tensor> all;
  (all.push_back(std::move(tensors)), ...);
  return all;
}

Shape inferred(std::string_view equation, std::vector<Operand> operands) {
  Attrs attrs;
  attrs.set("equation", std::string(equation));
  return *infer_op("Einsum", std::move(operands), attrs)[0].shape;
}

TEST_CASE("Einsum refuses an operand that is left out", "[ops][einsum]") {
  const auto error = test::error_of([] {
    OpRunner("Einsum")
        .attr("equation", std::string("i,i->i"))
        .input(Tensor::of<float>({1}, {1}))
        .absent()
        .run();
  });
  CHECK(error == "InvalidGraph: input 1 is missing");
}

}  // namespace

// The numbers are numpy.einsum's for numpy.arange.
TEST_CASE("Einsum of one operand") {
  CHECK(einsum("ij->ji", list(numbers({2, 3})), {3, 2}) == std::vector<float>{0, 3, 1, 4, 2, 5});
  CHECK(einsum("ii", list(numbers({3, 3})), {}) == std::vector<float>{12});
  CHECK(einsum("...ii->...i", list(numbers({2, 2, 2})), {2, 2}) == std::vector<float>{0, 3, 4, 7});
  CHECK(einsum("ij->i", list(numbers({2, 3})), {2}) == std::vector<float>{3, 12});
  CHECK(einsum("ba", list(numbers({2, 3})), {3, 2}) == std::vector<float>{0, 3, 1, 4, 2, 5});
  CHECK(einsum("->", list(numbers({}, 4)), {}) == std::vector<float>{4});
}

TEST_CASE("Einsum of two operands as products of matrices") {
  CHECK(einsum("ij,jk->ik", list(numbers({2, 2}), numbers({2, 2})), {2, 2}) ==
        std::vector<float>{2, 3, 6, 11});
  CHECK(einsum("ij,jk", list(numbers({2, 2}), numbers({2, 2})), {2, 2}) == std::vector<float>{2, 3, 6, 11});
  CHECK(einsum(" i j , j k -> k i ", list(numbers({2, 2}), numbers({2, 2})), {2, 2}) ==
        std::vector<float>{2, 6, 3, 11});
  CHECK(einsum("i,j->ij", list(numbers({2}, 1), numbers({3}, 1)), {2, 3}) ==
        std::vector<float>{1, 2, 3, 2, 4, 6});
  CHECK(einsum("ij,ij->", list(numbers({2, 2}), numbers({2, 2})), {}) == std::vector<float>{14});
  CHECK(einsum("bhi,bhj->hbij", list(numbers({2, 1, 2}), numbers({2, 1, 2})), {1, 2, 2, 2}) ==
        std::vector<float>{0, 0, 0, 1, 4, 6, 6, 9});
  CHECK(einsum("...ij,...jk->...ik", list(numbers({2, 1, 2}), numbers({1, 2, 1})), {2, 1, 1}) ==
        std::vector<float>{1, 3});
  CHECK(einsum("ij,jk->ik", list(numbers({2, 0}), numbers({0, 2})), {2, 2}) ==
        std::vector<float>{0, 0, 0, 0});
}

TEST_CASE("Einsum of what is no product of matrices") {
  CHECK(einsum("ij,k->k", list(numbers({2, 2}), numbers({2}, 1)), {2}) == std::vector<float>{6, 12});
  CHECK(einsum("i,ij,j->", list(numbers({2}, 1), numbers({2, 2}), numbers({2}, 1)), {}) ==
        std::vector<float>{18});
  CHECK(einsum("ij,k->ik", list(numbers({0, 2}), numbers({2})), {0, 2}).empty());
}

TEST_CASE("Einsum infers dimensions from whoever knows them") {
  const Operand a{DType::f32, Shape{kDynamic, 3}}, b{DType::f32, Shape{3, kDynamic}};
  CHECK(inferred("ij,jk->ki", {a, b}) == Shape{kDynamic, kDynamic});
  CHECK(inferred("ij,ji->i", {a, {DType::f32, Shape{3, 4}}}) == Shape{4});
}

TEST_CASE("Einsum refuses what it cannot read") {
  const Operand a{DType::f32, Shape{2, 3}};
  const auto error = [&](std::string_view equation, std::vector<Operand> operands) {
    return error_of([&] { inferred(equation, operands); });
  };
  CHECK(error("ij,jk", {a, a}) == "InvalidGraph: axis 0 of operand 1, [2,3], has not the size of its label");
  CHECK(error("ij", {a, a}) == "InvalidGraph: the equation has fewer operands than the node");
  CHECK(error("ij,jk", {a}) == "InvalidGraph: equation at ',jk'");
  CHECK(error("ijk->i", {a}) == "InvalidGraph: operand 0 of shape [2,3] has 3 labels");
  CHECK(error("i...jk->i", {a}) == "InvalidGraph: operand 0 of shape [2,3] has 3 labels");
  CHECK(error("......ij", {a}).starts_with("InvalidGraph: equation at"));
  CHECK(error("i1->i", {a}) == "InvalidGraph: equation at '1->i'");
  CHECK(error("ij->k", {a}) ==
        "InvalidGraph: a label of the output is in no operand, or twice in the output");
  CHECK(error("ij->ii", {a}) ==
        "InvalidGraph: a label of the output is in no operand, or twice in the output");
  CHECK(error("ij->i,", {a}) == "InvalidGraph: equation at ','");
  CHECK(error("ij-", {a}) == "InvalidGraph: equation at '-'");
  CHECK(error("ij", {{DType::s32, Shape{2, 3}}}) == "Unsupported: input 0 is int32; supported: float32");
}
