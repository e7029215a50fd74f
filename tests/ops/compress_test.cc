#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

namespace {

Tensor compress(std::optional<int> axis, std::initializer_list<bool> condition) {
  OpRunner op("Compress");
  if (axis) op.attr("axis", *axis);
  return op.input(iota<int16_t>({3, 2}, 1))
      .input(Tensor::of<bool>({static_cast<int64_t>(condition.size())}, condition))
      .run1();
}

}  // namespace

TEST_CASE("Compress keeps the slices of a condition, which may be short, as numpy.compress does") {
  using Values = std::vector<int16_t>;
  const Tensor rows = compress(0, {false, true, true});
  CHECK(rows.shape() == Shape{2, 2});
  CHECK(values<int16_t>(rows) == Values{3, 4, 5, 6});
  const Tensor columns = compress(-1, {false, true});
  CHECK(columns.shape() == Shape{3, 1});
  CHECK(values<int16_t>(columns) == Values{2, 4, 6});
  const Tensor list = compress({}, {false, true, false, false, true});
  CHECK(list.shape() == Shape{2});
  CHECK(values<int16_t>(list) == Values{2, 5});
  CHECK(compress(0, {}).shape() == Shape{0, 2});
  CHECK(values<int16_t>(compress(1, {true, false, false})) == Values{1, 3, 5});
  CHECK(error_of([] { compress(1, {true, false, true}); }) ==
        "InvalidInput: the condition of shape [3] selects more than 2 slices");
}

TEST_CASE("Compress has as many slices as only the run knows") {
  Attrs attrs;
  attrs.set("axis", int64_t{1});
  CHECK(*infer_op("Compress", {{DType::f32, Shape{3, 2}}, {DType::boolean, Shape{2}}}, attrs)[0].shape ==
        Shape{3, kDynamic});
  CHECK(*infer_op("Compress", {{DType::f32, Shape{3, 2}}, {DType::boolean, Shape{2}}})[0].shape ==
        Shape{kDynamic});
  CHECK(error_of([] { infer_op("Compress", {{DType::f32, Shape{3}}, {DType::u8, Shape{2}}}); }) ==
        "Unsupported: input 1 is uint8; supported: bool");
}

TEST_CASE("NonZero gives an index a column, as numpy.nonzero does") {
  const Tensor y = OpRunner("NonZero").input(Tensor::of<float>({2, 3}, {0, 0.25f, -0.0f, NAN, 0, -1})).run1();
  CHECK(y.shape() == Shape{2, 3});
  CHECK(values<int64_t>(y) == Ints{0, 1, 1, 1, 0, 2});
  CHECK(OpRunner("NonZero").input(Tensor::of<bool>({2}, {false, false})).run1().shape() == Shape{1, 0});
  // Of a scalar ONNX wants no row.
  CHECK(OpRunner("NonZero").input(Tensor::scalar<uint64_t>(uint64_t{1} << 63)).run1().shape() == Shape{0, 1});
  CHECK(*infer_op("NonZero", {{DType::f32, Shape{kDynamic, 2}}})[0].shape == Shape{2, kDynamic});
}
