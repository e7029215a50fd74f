#include <catch2/catch_test_macros.hpp>

#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

// Numbers are those of the examples of ONNX's operator documentation, unless said.

namespace {

Tensor gather(int batch_dims, Tensor data, Tensor indices) {
  return OpRunner("GatherND")
      .attr("batch_dims", batch_dims)
      .input(std::move(data))
      .input(std::move(indices))
      .run1();
}

}  // namespace

TEST_CASE("GatherND picks elements and slices, by batch or not") {
  CHECK(values<int64_t>(gather(0, iota<int64_t>({2, 2}), Tensor::of<int64_t>({2, 2}, {0, 0, 1, 1}))) ==
        Ints{0, 3});
  const Tensor rows = gather(0, iota<uint8_t>({2, 2}), Tensor::of<int64_t>({2, 1}, {1, 0}));
  CHECK(rows.shape() == Shape{2, 2});
  CHECK(values<uint8_t>(rows) == std::vector<uint8_t>{2, 3, 0, 1});
  const Tensor batches = gather(1, iota<float>({2, 2, 2}), Tensor::of<int64_t>({2, 1}, {1, -2}));
  CHECK(batches.shape() == Shape{2, 2});
  CHECK(values<float>(batches) == std::vector<float>{2, 3, 4, 5});
  CHECK(gather(0, iota<float>({3, 2}), Tensor(DType::s64, {0, 1})).shape() == Shape{0, 2});
}

TEST_CASE("GatherND refuses what does not fit") {
  CHECK(error_of([] { gather(0, iota<float>({2, 3}), Tensor::of<int64_t>({2}, {1, 3})); }) ==
        "InvalidInput: index 3 is outside axis 1 of shape [2,3]");
  CHECK(error_of([] {
          gather(0, iota<float>({2}), Tensor(DType::s64, {2}));
        }).starts_with("InvalidGraph: indices of shape [2] do not fit data of shape [2]"));
  CHECK(error_of([] { gather(1, iota<float>({2, 2}), Tensor(DType::s64, {3, 1})); }) ==
        "InvalidGraph: batch axis 0 of shapes [2,2] and [3,1] differs");
  CHECK(error_of([] {
          gather(2, iota<float>({2, 2}), Tensor(DType::s64, {2, 1}));
        }).starts_with("InvalidGraph: "));
  CHECK(error_of([] {
          gather(0, iota<float>({2}), Tensor::scalar<int64_t>(0));
        }).starts_with("InvalidGraph: "));
}

TEST_CASE("GatherND where dimensions are unknown") {
  CHECK(
      *infer_op("GatherND", {{DType::f32, Shape{kDynamic, 3}}, {DType::s64, Shape{kDynamic, 1}}})[0].shape ==
      Shape{kDynamic, 3});
  CHECK_FALSE(infer_op("GatherND", {{DType::f32, Shape{2, 3}}, {DType::s64, Shape{2, kDynamic}}})[0].shape);
}

TEST_CASE("ScatterND writes or reduces slices") {
  const auto scatter = [](std::string reduction, Tensor indices, Tensor updates) {
    return OpRunner("ScatterND")
        .attr("reduction", std::move(reduction))
        .input(iota<int32_t>({3, 2}))
        .input(std::move(indices))
        .input(std::move(updates))
        .run1();
  };
  CHECK(values<int32_t>(scatter("none", Tensor::of<int64_t>({2, 1}, {-1, 0}),
                                Tensor::of<int32_t>({2, 2}, {10, 11, 12, 13}))) ==
        std::vector<int32_t>{12, 13, 2, 3, 10, 11});
  CHECK(values<int32_t>(
            scatter("add", Tensor::of<int64_t>({2, 2}, {1, 1, 1, 1}), Tensor::of<int32_t>({2}, {10, 20}))) ==
        std::vector<int32_t>{0, 1, 2, 33, 4, 5});
  CHECK(error_of([&] { scatter("none", Tensor::of<int64_t>({1, 1}, {3}), Tensor(DType::s32, {1, 2})); }) ==
        "InvalidInput: index 3 is outside axis 0 of shape [3,2]");
  CHECK(error_of([&] { scatter("none", Tensor(DType::s64, {1, 1}), Tensor(DType::s32, {1, 3})); }) ==
        "InvalidGraph: updates have shape [1,3], not [1,2]");
}
