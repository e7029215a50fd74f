#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

TEST_CASE("Unique of all elements, in order or as they come") {
  const auto unique = [](int sorted) {
    return OpRunner("Unique")
        .attr("sorted", sorted)
        .input(Tensor::of<float>({2, 3}, {2, 1, 1, 3, 4, 3}))
        .outputs(4)
        .run();
  };
  // ONNX's examples, and numpy.unique.
  const auto ordered = unique(1);
  CHECK(values<float>(ordered[0]) == std::vector<float>{1, 2, 3, 4});
  CHECK(values<int64_t>(ordered[1]) == Ints{1, 0, 3, 4});
  CHECK(values<int64_t>(ordered[2]) == Ints{1, 0, 0, 2, 3, 2});
  CHECK(values<int64_t>(ordered[3]) == Ints{2, 1, 2, 1});
  const auto found = unique(0);
  CHECK(values<float>(found[0]) == std::vector<float>{2, 1, 3, 4});
  CHECK(values<int64_t>(found[1]) == Ints{0, 1, 3, 4});
  CHECK(values<int64_t>(found[2]) == Ints{0, 1, 1, 2, 3, 2});
  CHECK(values<int64_t>(found[3]) == Ints{1, 2, 2, 1});
}

TEST_CASE("Unique slices of an axis, compared element by element") {
  // ONNX's example.
  const auto rows = OpRunner("Unique")
                        .attr("axis", 0)
                        .input(Tensor::of<int8_t>({3, 3}, {1, 0, 0, 1, 0, 0, 2, 3, 4}))
                        .outputs(4)
                        .run();
  CHECK(rows[0].shape() == Shape{2, 3});
  CHECK(values<int8_t>(rows[0]) == std::vector<int8_t>{1, 0, 0, 2, 3, 4});
  CHECK(values<int64_t>(rows[1]) == Ints{0, 2});
  CHECK(values<int64_t>(rows[2]) == Ints{0, 0, 1});
  CHECK(values<int64_t>(rows[3]) == Ints{2, 1});
  const auto columns =
      OpRunner("Unique").attr("axis", -1).input(Tensor::of<int8_t>({2, 3}, {5, -1, 5, 2, 2, 2})).run();
  CHECK(columns[0].shape() == Shape{2, 2});
  CHECK(values<int8_t>(columns[0]) == std::vector<int8_t>{-1, 5, 2, 2});
}

TEST_CASE("Unique of nothing, and of floats that are equal without having the same bits") {
  CHECK(OpRunner("Unique").input(Tensor(DType::f32, {0})).run1().shape() == Shape{0});
  CHECK(OpRunner("Unique").input(Tensor::of<double>({4}, {0.0, -0.0, NAN, -NAN})).run1().shape() == Shape{2});
}

TEST_CASE("Unique where only the run knows how many there are") {
  Attrs attrs;
  attrs.set("axis", int64_t{1});
  const auto along = infer_op("Unique", {{DType::u8, Shape{2, 3}}}, attrs, 4);
  CHECK(*along[0].shape == Shape{2, kDynamic});
  CHECK(*along[2].shape == Shape{3});
  const auto all = infer_op("Unique", {{DType::u8, Shape{2, kDynamic}}}, {}, 4);
  for (const Operand& operand : all) CHECK(*operand.shape == Shape{kDynamic});
  CHECK(all[3].dtype == DType::s64);
}
