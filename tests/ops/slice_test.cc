#include <catch2/catch_test_macros.hpp>
#include <limits>

#include "support/transposed.h"

using namespace octavo;
using namespace octavo::test;

namespace {

constexpr int64_t kMin = std::numeric_limits<int64_t>::min(), kMax = std::numeric_limits<int64_t>::max();

Tensor list(const Ints& numbers) {
  return Tensor::of<int64_t>({static_cast<int64_t>(numbers.size())}, std::span<const int64_t>(numbers));
}

// An axis of the elements 0 … 9.
Ints slice(int64_t start, int64_t end, int64_t step) {
  return values<int64_t>(OpRunner("Slice")
                             .input(iota<int64_t>({10}))
                             .input(list({start}))
                             .input(list({end}))
                             .absent()
                             .input(list({step}))
                             .run1());
}

}  // namespace

TEST_CASE("Slice of one axis follows numpy") {
  CHECK(slice(2, 5, 1) == Ints{2, 3, 4});
  CHECK(slice(-3, kMax, 1) == Ints{7, 8, 9});
  CHECK(slice(1, -1, 3) == Ints{1, 4, 7});
  CHECK(slice(kMax, kMin, -1) == Ints{9, 8, 7, 6, 5, 4, 3, 2, 1, 0});
  CHECK(slice(8, 2, -4) == Ints{8, 4});
  CHECK(slice(-1, -4, -1) == Ints{9, 8, 7});
  CHECK(slice(0, 10, kMax) == Ints{0});
  CHECK(slice(9, kMin, kMin) == Ints{9});
  CHECK(slice(5, 5, 1).empty());
  CHECK(slice(7, 3, 1).empty());
  CHECK(slice(3, 7, -1).empty());
  CHECK(slice(20, 30, 1).empty());
}

TEST_CASE("Slice of several axes") {
  const Tensor y = OpRunner("Slice")
                       .input(iota<float>({3, 4, 5}))
                       .input(Tensor::of<int32_t>({2}, {-1, 1}))
                       .input(Tensor::of<int32_t>({2}, {-4, 3}))
                       .input(Tensor::of<int32_t>({2}, {2, 0}))
                       .input(Tensor::of<int32_t>({2}, {-2, 1}))
                       .run1();
  CHECK(y.shape() == Shape{2, 4, 2});
  CHECK(values<float>(y) ==
        std::vector<float>{24, 22, 29, 27, 34, 32, 39, 37, 44, 42, 49, 47, 54, 52, 59, 57});
  const Tensor prefix =
      OpRunner("Slice").input(iota<uint8_t>({2, 3})).input(list({1})).input(list({2})).run1();
  CHECK(prefix.shape() == Shape{1, 3});
  CHECK(values<uint8_t>(prefix) == std::vector<uint8_t>{3, 4, 5});
}

TEST_CASE("Slice of an empty axis") {
  CHECK(
      OpRunner("Slice").input(Tensor(DType::f32, {0, 3})).input(list({0})).input(list({5})).run1().shape() ==
      Shape{0, 3});
}

TEST_CASE("Slice infers what it can") {
  const Operand x{DType::f32, Shape{kDynamic, 10, 4}}, unknown{DType::s64, Shape{1}};
  const Tensor axes = list({1}), starts = list({2}), ends = list({8});
  const auto known = [](const Tensor& t) { return Operand::of(t); };
  CHECK(*infer_op("Slice", {x, unknown, unknown, known(axes)})[0].shape == Shape{kDynamic, kDynamic, 4});
  CHECK(*infer_op("Slice", {x, known(starts), known(ends), known(axes)})[0].shape == Shape{kDynamic, 6, 4});
  CHECK(*infer_op("Slice", {x, known(starts), known(ends)})[0].shape == Shape{kDynamic, 10, 4});
  CHECK(*infer_op("Slice", {x, unknown, unknown, unknown})[0].shape == Shape{kDynamic, kDynamic, kDynamic});
}

TEST_CASE("Slice follows a permutation") {
  std::vector<Tensor> x;
  x.push_back(iota<float>({2, 6, 3, 4}));
  CHECK(follows_permutation(OpRunner("Slice"), x, kChannelsLast, [](OpRunner& op) {
    op.constant(list({1, -1})).constant(list({5, kMin})).constant(list({1, -1})).constant(list({2, -1}));
  }));
  CHECK(follows_permutation(OpRunner("Slice"), x, kChannelsLast,
                            [](OpRunner& op) { op.constant(list({1, 2})).constant(list({2, 5})); }));
  CHECK_FALSE(follows_permutation(OpRunner("Slice"), x, kChannelsLast, [](OpRunner& op) {
    op.constant(list({1})).constant(list({2})).input(list({1}));
  }));
}

TEST_CASE("Slice rejects broken parameters") {
  const auto error = [](const Ints& starts, const Ints& ends, const Ints& axes, const Ints& steps) {
    return error_of([&] {
      OpRunner("Slice")
          .input(iota<float>({3, 4}))
          .input(list(starts))
          .input(list(ends))
          .input(list(axes))
          .input(list(steps))
          .run();
    });
  };
  CHECK(error({0}, {1}, {0}, {0}) == "InvalidGraph: the step of a slice is 0");
  CHECK(error({0}, {1}, {2}, {1}) == "InvalidGraph: axis 2 is outside a tensor of rank 2");
  CHECK(error({0, 0}, {1, 1}, {0, -2}, {1, 1}) == "InvalidGraph: axis 0 is named twice");
  CHECK(error({0}, {1, 2}, {0}, {1}) ==
        "InvalidGraph: starts and input 2 have shapes [1] and [2] but the data has 2 axes");
  CHECK(error({0, 0, 0}, {1, 1, 1}, {0, 1, 2}, {1, 1, 1}).starts_with("InvalidGraph: starts and input 1"));
}

TEST_CASE("Slice with bounds of unknown number") {
  const OpDef& op = get_op("Slice");
  Node node{.op = &op, .name = "slice", .inputs = {0, 1, 2, 3}, .outputs = {4}};
  const Tensor axes = list({1});
  const Operand inputs[] = {{DType::f32, Shape{2, 3}},
                            {DType::s64, Shape{kDynamic}},
                            {DType::s64, Shape{kDynamic}},
                            {DType::s64, Shape{1}, &axes}};
  Operand output;
  InferContext context{node, inputs, {&output, 1}};
  op.infer(context);
  CHECK(output.shape == Shape{2, kDynamic});
}
