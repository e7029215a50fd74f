#include <catch2/catch_test_macros.hpp>
#include <limits>

#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

TEST_CASE("Trilu keeps a triangle of each matrix, as numpy.triu and numpy.tril do") {
  const auto trilu = [](int upper, int64_t k) {
    return values<int32_t>(OpRunner("Trilu")
                               .attr("upper", upper)
                               .input(iota<int32_t>({2, 3}, 1))
                               .input(Tensor::scalar<int64_t>(k))
                               .run1());
  };
  using Values = std::vector<int32_t>;
  CHECK(trilu(1, 0) == Values{1, 2, 3, 0, 5, 6});
  CHECK(trilu(1, 1) == Values{0, 2, 3, 0, 0, 6});
  CHECK(trilu(1, -1) == Values{1, 2, 3, 4, 5, 6});
  CHECK(trilu(0, 0) == Values{1, 0, 0, 4, 5, 0});
  CHECK(trilu(0, -1) == Values{0, 0, 0, 4, 0, 0});
  for (int64_t far : {std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()}) {
    CHECK(trilu(1, far) == (far > 0 ? Values(6, 0) : Values{1, 2, 3, 4, 5, 6}));
    CHECK(trilu(0, far) == (far < 0 ? Values(6, 0) : Values{1, 2, 3, 4, 5, 6}));
  }
  const Tensor batch = OpRunner("Trilu").input(iota<int8_t>({2, 2, 2}, 1)).run1();
  CHECK(values<int8_t>(batch) == std::vector<int8_t>{1, 2, 0, 4, 5, 6, 0, 8});
  CHECK(OpRunner("Trilu").input(Tensor(DType::f32, {3, 0})).run1().shape() == Shape{3, 0});
}

TEST_CASE("Trilu needs matrices and one number") {
  CHECK(error_of([] { infer_op("Trilu", {{DType::f32, Shape{2}}}); }) ==
        "InvalidGraph: needs matrices, not shape [2]");
  CHECK(error_of([] { infer_op("Trilu", {{DType::f32, Shape{2, 2}}, {DType::s64, Shape{2}}}); }) ==
        "InvalidGraph: input 1 must have 1 element, but has shape [2]");
}
