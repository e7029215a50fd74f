#include <catch2/catch_test_macros.hpp>

#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

TEST_CASE("CenterCropPad crops and pads; of an odd number the end has one more") {
  const auto crop = [](Tensor x, std::initializer_list<int64_t> sizes, Ints axes = {}) {
    OpRunner op("CenterCropPad");
    if (!axes.empty()) op.attr("axes", axes);
    return op.input(std::move(x))
        .input(Tensor::of<int64_t>({static_cast<int64_t>(sizes.size())}, sizes))
        .run1();
  };
  using Values = std::vector<int32_t>;
  CHECK(values<int32_t>(crop(iota<int32_t>({5}, 1), {2})) == Values{2, 3});
  CHECK(values<int32_t>(crop(iota<int32_t>({2}, 1), {5})) == Values{0, 1, 2, 0, 0});
  CHECK(values<int32_t>(crop(iota<int32_t>({2, 3}, 1), {3, 1})) == Values{2, 5, 0});
  const Tensor last = crop(iota<int32_t>({2, 3}, 1), {4}, {-1});
  CHECK(last.shape() == Shape{2, 4});
  CHECK(values<int32_t>(last) == Values{1, 2, 3, 0, 4, 5, 6, 0});
  CHECK(crop(iota<int32_t>({2, 3}), {0, 3}).shape() == Shape{0, 3});
  CHECK(error_of([&] { crop(iota<int32_t>({2, 3}), {1, 1}, {0, -2}); }) ==
        "InvalidGraph: axis 0 is named twice");
  CHECK(error_of([&] { crop(iota<int32_t>({2, 3}), {1}); }) ==
        "InvalidGraph: has sizes of shape [1] for 2 axes");
  CHECK(error_of([&] { crop(iota<int32_t>({2}), {-1}); }) == "InvalidGraph: size -1 is negative");
}

TEST_CASE("CenterCropPad to sizes that are not known") {
  Attrs attrs;
  attrs.set("axes", Ints{1});
  CHECK(*infer_op("CenterCropPad", {{DType::f32, Shape{2, 3}}, {DType::s32, Shape{1}}}, attrs)[0].shape ==
        Shape{2, kDynamic});
}
