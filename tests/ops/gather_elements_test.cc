#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

TEST_CASE("GatherElements picks along each axis, as torch.gather does") {
  const auto gather = [](int axis, Tensor indices) {
    return OpRunner("GatherElements")
        .attr("axis", axis)
        .input(iota<int16_t>({2, 3}))
        .input(std::move(indices))
        .run1();
  };
  CHECK(values<int16_t>(gather(0, Tensor::of<int64_t>({1, 3}, {1, 0, -1}))) == std::vector<int16_t>{3, 1, 5});
  CHECK(values<int16_t>(gather(-1, Tensor::of<int32_t>({2, 2}, {2, -3, 0, 1}))) ==
        std::vector<int16_t>{2, 0, 3, 4});
  CHECK(gather(1, Tensor(DType::s64, {2, 0})).shape() == Shape{2, 0});
  CHECK(error_of([&] { gather(0, Tensor::of<int64_t>({1, 1}, {2})); }) ==
        "InvalidInput: index 2 is outside axis 0 of shape [2,3]");
  CHECK(error_of([&] { gather(0, Tensor(DType::s64, {1, 4})); }) ==
        "InvalidGraph: indices of shape [1,4] do not fit data of shape [2,3]");
  CHECK(error_of([&] { gather(0, Tensor(DType::s64, {2})); }) ==
        "InvalidGraph: indices of shape [2] do not fit data of shape [2,3]");
}

TEST_CASE("GatherElements has the shape of its indices") {
  CHECK(*infer_op("GatherElements", {{DType::u8, Shape{kDynamic, 3}}, {DType::s64, Shape{7, kDynamic}}})[0]
             .shape == Shape{7, kDynamic});
}

namespace {

template <class T>
std::vector<T> scatter(std::string reduction, std::initializer_list<T> data,
                       std::initializer_list<int64_t> indices, std::initializer_list<T> updates) {
  const auto list = [](auto items) { return Shape{static_cast<int64_t>(items.size())}; };
  return values<T>(OpRunner("ScatterElements")
                       .attr("reduction", std::move(reduction))
                       .input(Tensor::of<T>(list(data), data))
                       .input(Tensor::of<int64_t>(list(indices), indices))
                       .input(Tensor::of<T>(list(updates), updates))
                       .run1());
}

}  // namespace

TEST_CASE("ScatterElements writes or reduces, numbers of any type") {
  CHECK(scatter<int8_t>("none", {1, 2, 3}, {-1, 0}, {7, 8}) == std::vector<int8_t>{8, 2, 7});
  CHECK(scatter<float>("add", {1, 2, 3}, {1, 1}, {0.5f, 0.25f}) == std::vector<float>{1, 2.75f, 3});
  CHECK(scatter<uint8_t>("mul", {1, 2, 200}, {2, 1}, {2, 3}) == std::vector<uint8_t>{1, 6, 144});
  CHECK(scatter<int32_t>("min", {1, 2, 3}, {0, 0, 2}, {-5, 4, 9}) == std::vector<int32_t>{-5, 2, 3});
  CHECK(scatter<int64_t>("max", {1, 2, 3}, {0, 0, 2}, {-5, 4, 9}) == Ints{4, 2, 9});
  constexpr uint64_t kHuge = uint64_t{1} << 63;
  CHECK(scatter<uint64_t>("max", {1, kHuge}, {0, 1}, {kHuge, 1}) == std::vector<uint64_t>{kHuge, kHuge});
  CHECK(scatter<uint64_t>("min", {1, kHuge}, {0, 1}, {kHuge, 1}) == std::vector<uint64_t>{1, 1});
  const float nan = NAN;
  for (float y : scatter<float>("max", {nan, 1}, {0, 1}, {1, nan})) CHECK(std::isnan(y));
}

TEST_CASE("ScatterElements along an axis of a matrix leaves the rest as it is") {
  const Tensor y = OpRunner("ScatterElements")
                       .attr("axis", 1)
                       .input(iota<double>({2, 3}))
                       .input(Tensor::of<int32_t>({2, 1}, {2, 0}))
                       .input(Tensor::of<double>({2, 1}, {-1, -2}))
                       .run1();
  CHECK(values<double>(y) == std::vector<double>{0, 1, -1, -2, 4, 5});
}

TEST_CASE("ScatterElements refuses other reductions, indices outside and updates of another shape") {
  CHECK(error_of([] { scatter<float>("mean", {1}, {0}, {1}); }) ==
        "Unsupported: reduction 'mean' is not supported");
  CHECK(error_of([] { scatter<float>("none", {1}, {1}, {1}); }) ==
        "InvalidInput: index 1 is outside axis 0 of shape [1]");
  CHECK(error_of([] { scatter<float>("none", {1, 2}, {1}, {1, 2}); }) ==
        "InvalidGraph: indices of shape [1] do not fit updates of shape [2]");
}
