#include <catch2/catch_test_macros.hpp>
#include <limits>

#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

namespace {

template <class T> std::vector<T> cum_sum(Tensor x, int32_t axis, bool exclusive, bool reverse) {
  return values<T>(OpRunner("CumSum")
                       .attr("exclusive", int{exclusive})
                       .attr("reverse", int{reverse})
                       .input(std::move(x))
                       .input(Tensor::scalar(axis))
                       .run1());
}

}  // namespace

TEST_CASE("CumSum from both ends, with and without the element itself") {
  using Values = std::vector<float>;
  const auto x = [] { return iota<float>({2, 3}, 1); };
  CHECK(cum_sum<float>(x(), 1, false, false) == Values{1, 3, 6, 4, 9, 15});
  CHECK(cum_sum<float>(x(), -1, true, false) == Values{0, 1, 3, 0, 4, 9});
  CHECK(cum_sum<float>(x(), 1, false, true) == Values{6, 5, 3, 15, 11, 6});
  CHECK(cum_sum<float>(x(), 1, true, true) == Values{5, 3, 0, 11, 6, 0});
  CHECK(cum_sum<float>(x(), 0, false, false) == Values{1, 2, 3, 5, 7, 9});
}

TEST_CASE("CumSum of more than a chunk, and of integers that wrap around") {
  for (bool reverse : {false, true}) {
    const auto row = cum_sum<int64_t>(iota<int64_t>({1000}), 0, false, reverse);
    CHECK(row[reverse ? 0 : 999] == 499500);
    CHECK(row[500] == (reverse ? 499500 - 124750 : 125250));
    const auto wide = cum_sum<double>(iota<double>({3, 700}), 0, true, reverse);
    CHECK(wide[699] == (reverse ? 1399 + 2099 : 0));
    const auto narrow = cum_sum<int32_t>(iota<int32_t>({200, 3}, 0, 1), 0, false, reverse);
    CHECK(narrow[reverse ? 2 : 599] == 200 * 2 + 3 * (199 * 200 / 2));
  }
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  CHECK(cum_sum<int64_t>(Tensor::of<int64_t>({2}, {kMax, 1}), 0, false, false)[1] == -kMax - 1);
}

TEST_CASE("CumSum refuses an axis that is not there") {
  for (int32_t axis : {1, -2})
    CHECK(error_of([&] { cum_sum<float>(iota<float>({2}), axis, false, false); }) ==
          text("InvalidInput: axis {} is outside shape [2]", axis));
  const Tensor axis = Tensor::scalar<int32_t>(2);
  CHECK(error_of([&] { infer_op("CumSum", {{DType::f32, Shape{2}}, Operand::of(axis)}); }) ==
        "InvalidGraph: axis 2 is outside a tensor of rank 1");
}
