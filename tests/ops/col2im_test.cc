#include <catch2/catch_test_macros.hpp>

#include "support/op_runner.h"

namespace octavo {
namespace {

using test::error_of;
using test::infer_op;
using test::Ints;
using test::iota;
using test::OpRunner;
using test::values;

Tensor ints(Ints elements) {
  return Tensor::of<int64_t>({static_cast<int64_t>(elements.size())}, std::span<const int64_t>(elements));
}

TEST_CASE("Col2Im adds up what overlaps", "[ops]") {
  // Two blocks of two taps, whose middle is common: [0, 2], [1, 3].
  const Tensor line =
      OpRunner("Col2Im").input(iota<float>({1, 2, 2})).input(ints({3})).input(ints({2})).run1();
  CHECK(to_string(line.shape()) == "[1,1,3]");
  CHECK(values<float>(line) == std::vector<float>{0, 3, 3});
  // Blocks side by side, two channels.
  const Tensor image = OpRunner("Col2Im")
                           .attr("strides", Ints{1, 2})
                           .input(iota<float>({1, 4, 2}))
                           .input(ints({1, 4}))
                           .input(ints({1, 2}))
                           .run1();
  CHECK(values<float>(image) == std::vector<float>{0, 2, 1, 3, 4, 6, 5, 7});
  // Padding takes the first and the last tap away; dilation leaves a gap.
  const Tensor padded = OpRunner("Col2Im")
                            .attr("pads", Ints{1, 1})
                            .attr("dilations", Ints{2})
                            .input(iota<float>({1, 2, 3}, 1))
                            .input(ints({3}))
                            .input(ints({2}))
                            .run1();
  CHECK(values<float>(padded) == std::vector<float>{2, 4 + 3, 5});
}

TEST_CASE("Col2Im: shapes, and what does not fit", "[ops]") {
  const Tensor image = ints({4, 4}), block = ints({2, 2});
  const auto known = infer_op(
      "Col2Im", {{DType::f32, Shape{kDynamic, 8, kDynamic}}, Operand::of(image), Operand::of(block)});
  CHECK(to_string(*known[0].shape) == to_string(Shape{kDynamic, 2, 4, 4}));
  const auto unknown =
      infer_op("Col2Im", {{DType::f32, Shape{1, 8, 9}}, {DType::s64, Shape{2}}, {DType::s64, Shape{2}}});
  CHECK(to_string(*unknown[0].shape) == to_string(Shape{1, kDynamic, kDynamic, kDynamic}));
  const auto error = [&](Shape x, Ints image_shape, Ints block_shape) {
    return error_of([&] {
      OpRunner("Col2Im").input(iota<float>(x)).input(ints(image_shape)).input(ints(block_shape)).run();
    });
  };
  CHECK(error({1, 8, 8}, {4, 4}, {2, 2}).starts_with("InvalidGraph: columns [1,8,8] are not of 9 blocks"));
  CHECK(error({1, 7, 9}, {4, 4}, {2, 2}).starts_with("InvalidGraph: columns [1,7,9] do not divide"));
  CHECK(error({1, 8, 9}, {4, 4}, {0, 2}).starts_with("InvalidGraph"));
  CHECK(error({1, 8, 9}, {4}, {2, 2}).starts_with("InvalidGraph"));
  CHECK(error({1, 1, 1}, {1, 1, 1, 1}, {1, 1, 1, 1}).starts_with("Unsupported"));
}

TEST_CASE("Col2Im refuses sizes that are no list", "[ops][col2im]") {
  const auto error = test::error_of([] {
    OpRunner("Col2Im")
        .input(Tensor::of<float>({1, 1, 1}, {1}))
        .constant(Tensor(DType::s64, {2, 0}))
        .constant(Tensor(DType::s64, {2, 0}))
        .run();
  });
  CHECK(error.starts_with("InvalidGraph: input 1 must be a list, but has shape [2,0]"));
}

}  // namespace
}  // namespace octavo
