#include <catch2/catch_test_macros.hpp>

#include "support/transposed.h"

using namespace octavo;
using namespace octavo::test;

namespace {

Tensor list(const Ints& numbers) {
  return Tensor::of<int64_t>({static_cast<int64_t>(numbers.size())}, std::span<const int64_t>(numbers));
}

template <class T> std::vector<T> pad(std::string_view mode, Tensor x, const Ints& pads) {
  return values<T>(
      OpRunner("Pad").attr("mode", std::string(mode)).input(std::move(x)).input(list(pads)).run1());
}

}  // namespace

TEST_CASE("Pad with a constant") {
  const Tensor y = OpRunner("Pad")
                       .input(iota<float>({2, 2}, 1))
                       .input(list({1, 0, 0, 2}))
                       .input(Tensor::scalar(9.0f))
                       .run1();
  CHECK(y.shape() == Shape{3, 4});
  CHECK(values<float>(y) == std::vector<float>{9, 9, 9, 9, 1, 2, 9, 9, 3, 4, 9, 9});
  CHECK(pad<uint8_t>("constant", iota<uint8_t>({2}, 1), {1, 1}) == std::vector<uint8_t>{0, 1, 2, 0});
}

TEST_CASE("Pad repeats as numpy.pad does") {
  const auto x = [] { return iota<float>({3}, 1); };
  CHECK(pad<float>("edge", x(), {2, 1}) == std::vector<float>{1, 1, 1, 2, 3, 3});
  CHECK(pad<float>("reflect", x(), {2, 2}) == std::vector<float>{3, 2, 1, 2, 3, 2, 1});
  CHECK(pad<float>("reflect", x(), {5, 0}) == std::vector<float>{2, 1, 2, 3, 2, 1, 2, 3});
  CHECK(pad<float>("wrap", x(), {1, 4}) == std::vector<float>{3, 1, 2, 3, 1, 2, 3, 1});
  CHECK(pad<float>("reflect", iota<float>({1}, 7), {2, 1}) == std::vector<float>{7, 7, 7, 7});
  CHECK(pad<uint8_t>("reflect", iota<uint8_t>({2, 2}), {1, 1, 1, 1}) ==
        std::vector<uint8_t>{3, 2, 3, 2, 1, 0, 1, 0, 3, 2, 3, 2, 1, 0, 1, 0});
  CHECK(pad<float>("edge", iota<float>({2, 2}), {1, 0, 0, 1}) ==
        std::vector<float>{0, 1, 1, 0, 1, 1, 2, 3, 3});
}

TEST_CASE("Pad of named axes, and negative pads that crop") {
  const Tensor y = OpRunner("Pad")
                       .input(iota<float>({2, 3}))
                       .input(list({1, -1}))
                       .absent()
                       .input(Tensor::of<int64_t>({1}, {-1}))
                       .run1();
  CHECK(y.shape() == Shape{2, 3});
  CHECK(values<float>(y) == std::vector<float>{0, 0, 1, 0, 3, 4});
  CHECK(pad<int64_t>("constant", iota<int64_t>({5}), {-2, -1}) == Ints{2, 3});
  CHECK(pad<float>("edge", iota<float>({4}), {-1, 2}) == std::vector<float>{1, 2, 3, 3, 3});
}

TEST_CASE("Pad of empty tensors") {
  const Tensor y =
      OpRunner("Pad").input(Tensor(DType::f32, {0})).input(list({1, 1})).input(Tensor::scalar(5.0f)).run1();
  CHECK(values<float>(y) == std::vector<float>{5, 5});
  CHECK(OpRunner("Pad")
            .attr("mode", "wrap")
            .input(Tensor(DType::f32, {0, 2}))
            .input(list({0, 1, 0, 0}))
            .run1()
            .shape() == Shape{0, 3});
  CHECK(error_of([] { pad<float>("edge", Tensor(DType::f32, {0}), {1, 0}); }) ==
        "InvalidGraph: axis 0 of shape [0] has no elements to repeat");
}

TEST_CASE("Pad follows a permutation") {
  std::vector<Tensor> x;
  x.push_back(iota<float>({2, 3, 4, 5}));
  for (const char* mode : {"constant", "reflect", "edge", "wrap"}) {
    CAPTURE(mode);
    CHECK(follows_permutation(OpRunner("Pad").attr("mode", mode), x, kChannelsLast,
                              [](OpRunner& op) { op.constant(list({0, 0, 1, 2, 0, 1, 2, 3})); }));
    CHECK(follows_permutation(OpRunner("Pad").attr("mode", mode), x, kChannelsLast, [](OpRunner& op) {
      op.constant(list({1, 0, 2, 1})).absent().constant(list({-3, 2}));
    }));
  }
}

TEST_CASE("Pad infers what it can") {
  const Operand x{DType::f32, Shape{kDynamic, 3}};
  const Tensor pads = list({0, 1, 0, 2});
  CHECK(*infer_op("Pad", {x, {DType::s64, Shape{4}, &pads}})[0].shape == Shape{kDynamic, 6});
  CHECK(*infer_op("Pad", {x, {DType::s64, Shape{4}}})[0].shape == Shape{kDynamic, kDynamic});
}

TEST_CASE("Pad rejects broken parameters") {
  const auto error = [](Ints pads) {
    return error_of([&] { pad<float>("constant", iota<float>({2, 3}), pads); });
  };
  CHECK(error({1, 2}) == "InvalidGraph: pads has shape [2], but 2 axes need two numbers each");
  CHECK(error({-1, 0, -2, 0}) == "InvalidGraph: pads -1 and -2 cut more than the 2 elements of an axis");
  CHECK(error({int64_t{1} << 62, 0, 0, 0}).ends_with("are too large"));
  CHECK(error_of([] { pad<float>("mirror", iota<float>({2}), {1, 1}); }) ==
        "Unsupported: mode 'mirror' is not supported");
  CHECK(error_of([] {
          OpRunner("Pad").input(iota<float>({2})).input(list({1, 1})).input(Tensor::scalar<int64_t>(0)).run();
        }) == "InvalidGraph: input 0 is float32 but input 2 is int64");
}
