#include <catch2/catch_test_macros.hpp>

#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

// Numbers are those of ONNX's examples.

namespace {

std::vector<float> depth_to_space(std::string mode) {
  return values<float>(OpRunner("DepthToSpace")
                           .attr("blocksize", 2)
                           .attr("mode", std::move(mode))
                           .input(iota<float>({1, 8, 1, 2}))
                           .run1());
}

}  // namespace

TEST_CASE("DepthToSpace in both orders of channels") {
  CHECK(depth_to_space("DCR") == std::vector<float>{0, 4, 1, 5, 8, 12, 9, 13, 2, 6, 3, 7, 10, 14, 11, 15});
  CHECK(depth_to_space("CRD") == std::vector<float>{0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15});
  CHECK(error_of([] { depth_to_space("RDC"); }) == "Unsupported: mode 'RDC' is not supported");
}

TEST_CASE("SpaceToDepth takes back what DepthToSpace does") {
  const Tensor x = iota<uint8_t>({2, 12, 3, 2});
  const Tensor y = OpRunner("DepthToSpace").attr("blocksize", 2).input(Tensor::copy_of(x.view())).run1();
  CHECK(y.shape() == Shape{2, 3, 6, 4});
  const Tensor back = OpRunner("SpaceToDepth").attr("blocksize", 2).input(Tensor::copy_of(y.view())).run1();
  CHECK(back.shape() == x.shape());
  CHECK(values<uint8_t>(back) == values<uint8_t>(x));
}

TEST_CASE("DepthToSpace and SpaceToDepth of unknown sizes, and what has no blocks") {
  Attrs attrs;
  attrs.set("blocksize", int64_t{2});
  CHECK(*infer_op("DepthToSpace", {{DType::f32, Shape{kDynamic, 8, kDynamic, 3}}}, attrs)[0].shape ==
        Shape{kDynamic, 2, kDynamic, 6});
  CHECK(*infer_op("SpaceToDepth", {{DType::f32, Shape{kDynamic, kDynamic, 4, 6}}}, attrs)[0].shape ==
        Shape{kDynamic, kDynamic, 2, 3});
  CHECK(error_of([&] { infer_op("DepthToSpace", {{DType::f32, Shape{1, 6, 2, 2}}}, attrs); }) ==
        "InvalidGraph: axis 1 of shape [1,6,2,2] is no multiple of 4");
  CHECK(error_of([&] { infer_op("SpaceToDepth", {{DType::f32, Shape{1, 6, 2, 3}}}, attrs); }) ==
        "InvalidGraph: axis 3 of shape [1,6,2,3] is no multiple of 2");
  CHECK(error_of([] { infer_op("SpaceToDepth", {{DType::f32, Shape{1, 6, 2, 3}}}); }) ==
        "InvalidGraph: blocksize is 0");
  CHECK(error_of([&] { infer_op("SpaceToDepth", {{DType::f32, Shape{6, 2, 3}}}, attrs); }) ==
        "InvalidGraph: needs images of rank 4, not shape [6,2,3]");
}
