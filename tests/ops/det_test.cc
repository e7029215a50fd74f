#include <catch2/catch_test_macros.hpp>

#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

TEST_CASE("Det of a batch of matrices") {
  const Tensor y =
      OpRunner("Det").input(Tensor::of<float>({3, 2, 2}, {1, 2, 3, 4, 0, 1, 1, 0, 2, 4, 1, 2})).run1();
  CHECK(y.shape() == Shape{3});
  CHECK(values<float>(y) == std::vector<float>{-2, -1, 0});
  // By the rule of Sarrus: 0 + 84 + 96 - 0 - 48 - 72.
  const Tensor x = Tensor::of<double>({3, 3}, {0, 2, 3, 6, 5, 6, 7, 8, 10});
  CHECK(std::abs(OpRunner("Det").input(Tensor::copy_of(x.view())).run1().span<double>()[0] - 3) < 1e-12);
  CHECK(values<float>(OpRunner("Det").input(Tensor(DType::f32, {2, 0, 0})).run1()) ==
        std::vector<float>{1, 1});
}

TEST_CASE("Det refuses what is not square") {
  CHECK(*infer_op("Det", {{DType::f32, Shape{kDynamic, 3, kDynamic}}})[0].shape == Shape{kDynamic});
  CHECK(error_of([] { infer_op("Det", {{DType::f32, Shape{2, 3}}}); }) ==
        "InvalidGraph: [2,3] is not square matrices");
  CHECK(error_of([] { infer_op("Det", {{DType::f32, Shape{3}}}); }) ==
        "InvalidGraph: [3] is not square matrices");
}
