#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <numeric>

#include "support/transposed.h"

using namespace octavo;
using namespace octavo::test;

namespace {

OpRunner transpose(Tensor x, const std::vector<int>& perm) {
  OpRunner op("Transpose");
  op.attr("perm", Ints(perm.begin(), perm.end())).input(std::move(x));
  return op;
}

template <class T> void check_all_permutations(const Shape& shape) {
  std::vector<int> perm(shape.rank());
  std::iota(perm.begin(), perm.end(), 0);
  do {
    const Tensor expected = transposed(iota<T>(shape), perm);
    const Tensor y = transpose(iota<T>(shape), perm).run1();
    CAPTURE(to_string(shape), perm, sizeof(T));
    REQUIRE(y.shape() == expected.shape());
    REQUIRE(values<T>(y) == values<T>(expected));
  } while (std::ranges::next_permutation(perm).found);
}

}  // namespace

TEST_CASE("Transpose by every permutation, for every element size") {
  for (const Shape& shape : {Shape{5}, Shape{3, 4}, Shape{2, 3, 4}, Shape{2, 3, 4, 5}, Shape{1, 3, 1, 4},
                             Shape{2, 0, 3}, Shape{2, 1, 3, 2, 2}}) {
    check_all_permutations<uint8_t>(shape);
    check_all_permutations<int16_t>(shape);
    check_all_permutations<float>(shape);
    check_all_permutations<int64_t>(shape);
  }
}

template <class T> void check_images(const Shape& shape) {
  for (const std::vector<int>& perm : {std::vector<int>{0, 2, 3, 1}, {0, 3, 1, 2}}) {
    CAPTURE(to_string(shape), perm, sizeof(T));
    CHECK(values<T>(transpose(iota<T>(shape), perm).run1()) == values<T>(transposed(iota<T>(shape), perm)));
  }
}

TEST_CASE("Transpose of images larger than a block, with whole squares and without") {
  for (const Shape& shape : {Shape{2, 3, 33, 17}, Shape{1, 40, 7, 9}, Shape{1, 64, 16, 16},
                             Shape{2, 33, 5, 19}, Shape{1, 15, 9, 9}, Shape{1, 17, 3, 5}}) {
    check_images<uint8_t>(shape);
    check_images<int16_t>(shape);
    check_images<float>(shape);
    check_images<int64_t>(shape);
  }
}

TEST_CASE("Transpose without perm reverses the axes") {
  const Tensor y = OpRunner("Transpose").input(iota<float>({2, 3})).run1();
  CHECK(y.shape() == Shape{3, 2});
  CHECK(values<float>(y) == std::vector<float>{0, 3, 1, 4, 2, 5});
  CHECK(OpRunner("Transpose").input(Tensor::scalar(1.0f)).run1().shape() == Shape{});
}

TEST_CASE("Moving axes of size 1 is a view") {
  CHECK(transpose(iota<float>({2, 1, 3}), {1, 0, 2}).is_view());
  CHECK(transpose(iota<float>({1, 5, 1, 1}), {0, 2, 3, 1}).is_view());
  CHECK_FALSE(transpose(iota<float>({2, 1, 3}), {2, 1, 0}).is_view());
}

TEST_CASE("Transpose of dynamic shapes, and what is no permutation") {
  Attrs attrs;
  attrs.set("perm", Ints{1, 0});
  CHECK(*infer_op("Transpose", {{DType::f32, Shape{kDynamic, 3}}}, attrs)[0].shape == Shape{3, kDynamic});
  CHECK(error_of([&] { infer_op("Transpose", {{DType::f32, Shape{2}}}, attrs); }) ==
        "InvalidGraph: perm [1,0] does not have the rank of shape [2]");
  for (const Ints& perm : {Ints{0, 0}, Ints{0, 2}, Ints{-3, 1}}) {
    attrs.set("perm", perm);
    CHECK(error_of([&] {
            infer_op("Transpose", {{DType::f32, Shape{2, 3}}}, attrs);
          }).ends_with("is not a permutation"));
  }
}
