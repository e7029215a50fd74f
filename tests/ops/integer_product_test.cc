// MatMulInteger and ConvInteger against sums of int64.
#include <catch2/catch_test_macros.hpp>

#include "support/op_runner.h"
#include "support/random_data.h"

namespace octavo {
namespace {

using test::error_of;
using test::Ints;
using test::OpRunner;
using test::values;
using Int32s = std::vector<int32_t>;

Tensor copy(const Tensor& tensor) { return Tensor::copy_of(tensor.view()); }

// The example of the operator's page.
TEST_CASE("MatMulInteger subtracts a zero_point", "[ops][integer_product]") {
  const Tensor y = OpRunner("MatMulInteger")
                       .input(Tensor::of<uint8_t>({4, 3}, {11, 7, 3, 10, 6, 2, 9, 5, 1, 8, 4, 0}))
                       .input(Tensor::of<uint8_t>({3, 2}, {1, 4, 2, 5, 3, 6}))
                       .input(Tensor::of<uint8_t>({1}, {12}))
                       .input(Tensor::of<uint8_t>({1}, {0}))
                       .run1();
  CHECK(values<int32_t>(y) == Int32s{-38, -83, -44, -98, -50, -113, -56, -128});
}

template <class A, class B> void check_matmul(bool by_row_and_column) {
  test::Random random(5);
  constexpr int64_t m = 3, k = 700, n = 5;
  const auto any = []<class T>(T) {
    return std::pair<int64_t, int64_t>(std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
  };
  const auto [a_low, a_high] = any(A());
  const auto [b_low, b_high] = any(B());
  const Tensor a = random.integers<A>({2, m, k}, a_low, a_high),
               b = random.integers<B>({k, n}, b_low, b_high);
  const Tensor za = random.integers<A>(by_row_and_column ? Shape{m} : Shape{}, a_low, a_high);
  const Tensor zb = random.integers<B>(by_row_and_column ? Shape{n} : Shape{1}, b_low, b_high);
  Int32s expected;
  for (int64_t i = 0; i < 2 * m; ++i)
    for (int64_t j = 0; j < n; ++j) {
      int64_t sum = 0;
      for (int64_t p = 0; p < k; ++p)
        sum += (int64_t{a.span<A>()[i * k + p]} - za.span<A>()[by_row_and_column ? i % m : 0]) *
               (int64_t{b.span<B>()[p * n + j]} - zb.span<B>()[by_row_and_column ? j : 0]);
      expected.push_back(static_cast<int32_t>(sum));
    }
  const Tensor y =
      OpRunner("MatMulInteger").input(copy(a)).constant(copy(b)).input(copy(za)).constant(copy(zb)).run1();
  CHECK(y.shape() == Shape{2, m, n});
  CHECK(values<int32_t>(y) == expected);
}

TEST_CASE("MatMulInteger takes every pair of types", "[ops][integer_product]") {
  for (const bool by_row_and_column : {false, true}) {
    check_matmul<uint8_t, uint8_t>(by_row_and_column);
    check_matmul<uint8_t, int8_t>(by_row_and_column);
    check_matmul<int8_t, uint8_t>(by_row_and_column);
    check_matmul<int8_t, int8_t>(by_row_and_column);
  }
}

TEST_CASE("MatMulInteger without zero_points, of vectors and batches", "[ops][integer_product]") {
  const auto run = [](Shape a, Shape b) {
    return OpRunner("MatMulInteger").input(test::iota<uint8_t>(a)).input(test::iota<int8_t>(b)).run1();
  };
  CHECK(values<int32_t>(run({3}, {3})) == Int32s{5});
  CHECK(values<int32_t>(run({2, 1, 2}, {2, 2, 1})) == Int32s{1, 2 * 2 + 3 * 3});
  CHECK(values<int32_t>(run({2, 0}, {0, 2})) == Int32s{0, 0, 0, 0});
}

// The examples of the operator's page.
TEST_CASE("ConvInteger pads with the zero_point", "[ops][integer_product]") {
  const auto conv = [](Ints pads) {
    OpRunner op("ConvInteger");
    if (!pads.empty()) op.attr("pads", pads);
    return values<int32_t>(op.input(Tensor::of<uint8_t>({1, 1, 3, 3}, {2, 3, 4, 5, 6, 7, 8, 9, 10}))
                               .input(Tensor::of<uint8_t>({1, 1, 2, 2}, {1, 1, 1, 1}))
                               .input(Tensor::scalar<uint8_t>(1))
                               .run1());
  };
  CHECK(conv({}) == Int32s{12, 16, 24, 28});
  CHECK(conv({1, 1, 1, 1}) == Int32s{1, 3, 5, 3, 5, 12, 16, 9, 11, 24, 28, 15, 7, 15, 17, 9});
}

TEST_CASE("ConvInteger of groups, strides and a zero_point a channel", "[ops][integer_product]") {
  const Tensor y = OpRunner("ConvInteger")
                       .attr("group", int64_t{2})
                       .attr("strides", Ints{2})
                       .attr("dilations", Ints{2})
                       .input(Tensor::of<int8_t>({1, 2, 5}, {1, -2, 3, -4, 5, 10, 20, 30, 40, 50}))
                       .input(Tensor::of<int8_t>({2, 1, 2}, {1, 2, 3, 4}))
                       .absent()
                       .input(Tensor::of<int8_t>({2}, {1, -1}))
                       .run1();
  // Channel 0: weights 0, 1; channel 1: weights 4, 5; elements 0 and 2, then 2 and 4.
  CHECK(values<int32_t>(y) == Int32s{3, 5, 4 * 10 + 5 * 30, 4 * 30 + 5 * 50});
}

TEST_CASE("Integer products refuse what they do not take", "[ops][integer_product]") {
  const auto error = [](DType a, DType zero, Shape zero_shape) {
    return error_of([&] {
      test::infer_op("MatMulInteger", {{a, Shape{2, 3}}, {DType::s8, Shape{3, 4}}, {zero, zero_shape}});
    });
  };
  CHECK(error(DType::u8, DType::u8, {2}).empty());
  CHECK(error(DType::s32, DType::s32, {}).starts_with("Unsupported"));
  CHECK(error(DType::u8, DType::s8, {}).starts_with("InvalidGraph"));
  CHECK(error(DType::u8, DType::u8, {3}).starts_with("InvalidGraph"));
  CHECK(error(DType::u8, DType::u8, {2, 1}).starts_with("Unsupported"));
  const auto y = test::infer_op("MatMulInteger", {{DType::u8, Shape{kDynamic, 3}}, {DType::s8, Shape{3, 4}}});
  CHECK(*y[0].dtype == DType::s32);
  CHECK(to_string(*y[0].shape) == "[?,4]");
}

TEST_CASE("ConvInteger of volumes sums over all three axes", "[ops][integer_product]") {
  // Two slices of 2 x 2, windows of 2 x 1 x 2: sums of the corners of both slices.
  const Tensor y = OpRunner("ConvInteger")
                       .input(Tensor::of<uint8_t>({1, 1, 2, 2, 2}, {1, 2, 3, 4, 10, 20, 30, 40}))
                       .input(Tensor::of<int8_t>({1, 1, 2, 1, 2}, {1, 2, 3, 4}))
                       .run1();
  CHECK(y.shape() == Shape{1, 1, 1, 2, 1});
  CHECK(values<int32_t>(y) == Int32s{1 + 2 * 2 + 3 * 10 + 4 * 20, 3 + 2 * 4 + 3 * 30 + 4 * 40});
}

}  // namespace
}  // namespace octavo
