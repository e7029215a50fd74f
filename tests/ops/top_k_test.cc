#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

namespace {

template <class T>
std::vector<Tensor> top(int64_t k, bool largest, int axis, Shape shape, std::initializer_list<T> numbers) {
  return OpRunner("TopK")
      .attr("largest", int{largest})
      .attr("axis", axis)
      .input(Tensor::of<T>(shape, numbers))
      .input(Tensor::of<int64_t>({1}, {k}))
      .outputs(2)
      .run();
}

}  // namespace

TEST_CASE("TopK gives the largest or smallest in order, equals by their place") {
  const auto largest = top<float>(3, true, -1, {2, 4}, {1, 4, 2, 4, -1, -3, -0.0f, 0.0f});
  CHECK(values<float>(largest[0]) == std::vector<float>{4, 4, 2, 0, 0, -1});
  CHECK(values<int64_t>(largest[1]) == Ints{1, 3, 2, 2, 3, 0});
  const auto smallest = top<uint8_t>(1, false, 0, {2, 3}, {5, 2, 9, 4, 2, 200});
  CHECK(smallest[0].shape() == Shape{1, 3});
  CHECK(values<uint8_t>(smallest[0]) == std::vector<uint8_t>{4, 2, 9});
  CHECK(values<int64_t>(smallest[1]) == Ints{1, 0, 0});
}

TEST_CASE("TopK of numbers at the ends of their types") {
  constexpr uint64_t kHuge = uint64_t{1} << 63;
  CHECK(values<uint64_t>(top<uint64_t>(3, true, 0, {3}, {1, kHuge + 1, kHuge})[0]) ==
        std::vector<uint64_t>{kHuge + 1, kHuge, 1});
  const auto floats = top<double>(4, true, 0, {4}, {-INFINITY, 1, NAN, INFINITY});
  CHECK(values<int64_t>(floats[1]) == Ints{2, 3, 1, 0});
}

TEST_CASE("TopK of none, of indices that nobody reads, and of too many") {
  CHECK(top<float>(0, true, 0, {2}, {1, 2})[0].shape() == Shape{0});
  CHECK(values<float>(OpRunner("TopK")
                          .input(Tensor::of<float>({2}, {1, 2}))
                          .input(Tensor::of<int64_t>({1}, {1}))
                          .run1()) == std::vector<float>{2});
  for (int64_t k : {3, -1})
    CHECK(error_of([&] { top<float>(k, true, 0, {2}, {1, 2}); }) ==
          text("InvalidGraph: K is {} for axis 0 of shape [2]", k));
  const auto unknown = infer_op("TopK", {{DType::s8, Shape{2, 3}}, {DType::s64, Shape{1}}}, {}, 2);
  CHECK(*unknown[0].shape == Shape{2, kDynamic});
  CHECK(unknown[1].dtype == DType::s64);
}
