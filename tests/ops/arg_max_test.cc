#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

namespace {

template <class T>
Ints arg(std::string_view op, int axis, bool last, Shape shape, std::initializer_list<T> numbers) {
  return values<int64_t>(OpRunner(op)
                             .attr("axis", axis)
                             .attr("select_last_index", int{last})
                             .input(Tensor::of<T>(shape, numbers))
                             .run1());
}

}  // namespace

TEST_CASE("ArgMax and ArgMin find the first or the last of equals, along each axis") {
  CHECK(arg<float>("ArgMax", 1, false, {2, 3}, {1, 3, 3, -2, -1, -1}) == Ints{1, 1});
  CHECK(arg<float>("ArgMax", -1, true, {2, 3}, {1, 3, 3, -2, -1, -1}) == Ints{2, 2});
  CHECK(arg<int8_t>("ArgMin", 0, false, {2, 3}, {1, -3, 3, 1, 4, -128}) == Ints{0, 0, 1});
  CHECK(arg<int32_t>("ArgMin", 0, true, {2, 3}, {1, -3, 3, 1, 4, -9}) == Ints{1, 0, 1});
  CHECK(arg<float>("ArgMax", 0, true, {2}, {0.0f, -0.0f}) == Ints{1});
  CHECK(arg<float>("ArgMin", 0, false, {2}, {0.0f, -0.0f}) == Ints{0});
}

TEST_CASE("ArgMax compares numbers of every type as they are") {
  constexpr uint64_t kHuge = uint64_t{1} << 63;
  CHECK(arg<uint64_t>("ArgMax", 0, false, {3}, {1, kHuge, 2}) == Ints{1});
  CHECK(arg<uint64_t>("ArgMin", 0, false, {3}, {kHuge, 3, kHuge + 1}) == Ints{1});
  CHECK(arg<int64_t>("ArgMax", 0, false, {2}, {(int64_t{1} << 62) + 1, (int64_t{1} << 62) + 2}) == Ints{1});
  CHECK(arg<double>("ArgMax", 0, false, {3}, {-INFINITY, -1e300, -1e301}) == Ints{1});
  // NaN is the largest number, as NumPy and PyTorch have it.
  CHECK(arg<float>("ArgMax", 0, false, {3}, {1, NAN, INFINITY}) == Ints{1});
}

TEST_CASE("ArgMax of more elements than fit into a chunk") {
  CHECK(values<int64_t>(OpRunner("ArgMax").attr("axis", 1).input(iota<float>({2, 300, 3})).run1()) ==
        Ints(6, 299));
  CHECK(values<int64_t>(OpRunner("ArgMin").attr("axis", 1).input(iota<int16_t>({1, 3, 300})).run1()) ==
        Ints(300, 0));
}

TEST_CASE("ArgMax with and without the reduced axis") {
  Attrs attrs;
  attrs.set("keepdims", int64_t{0});
  const Operand x{DType::f32, Shape{3, kDynamic}};
  CHECK(*infer_op("ArgMax", {x})[0].shape == Shape{1, kDynamic});
  CHECK(*infer_op("ArgMax", {x}, attrs)[0].shape == Shape{kDynamic});
  CHECK(infer_op("ArgMax", {x})[0].dtype == DType::s64);
  CHECK(error_of([] { infer_op("ArgMax", {{DType::f32, Shape{0, 2}}}); }) ==
        "InvalidGraph: axis 0 of shape [0,2] has no elements");
  CHECK(error_of([] { infer_op("ArgMax", {{DType::f32, Shape{}}}); }) ==
        "InvalidGraph: axis 0 is outside a tensor of rank 0");
}

TEST_CASE("Hardmax is 1 at the first largest element") {
  const auto hardmax = [](int axis) {
    return values<float>(
        OpRunner("Hardmax").attr("axis", axis).input(Tensor::of<float>({2, 3}, {1, 3, 3, 2, 0, -1})).run1());
  };
  CHECK(hardmax(-1) == std::vector<float>{0, 1, 0, 1, 0, 0});
  CHECK(hardmax(0) == std::vector<float>{0, 1, 1, 1, 0, 0});
  CHECK(OpRunner("Hardmax").input(Tensor(DType::f32, {2, 0})).run1().shape() == Shape{2, 0});
}
