#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

// Boxes and results are those of ONNX's examples, unless said.

namespace {

const std::initializer_list<float> kCorners = {0, 0,    1, 1,    0, 0.1f,  1, 1.1f,  0, -0.1f, 1, 0.9f,
                                               0, 10.f, 1, 11.f, 0, 10.1f, 1, 11.1f, 0, 100.f, 1, 101.f};
const std::initializer_list<float> kScores = {0.9f, 0.75f, 0.6f, 0.95f, 0.5f, 0.3f};

OpRunner suppress(std::initializer_list<float> boxes, std::initializer_list<float> scores, int64_t most) {
  const auto count = static_cast<int64_t>(scores.size());
  OpRunner op("NonMaxSuppression");
  op.input(Tensor::of<float>({1, count, 4}, boxes))
      .input(Tensor::of<float>({1, 1, count}, scores))
      .input(Tensor::scalar(most))
      .input(Tensor::scalar(0.5f));
  return op;
}

}  // namespace

TEST_CASE("NonMaxSuppression keeps the best of boxes that overlap, best first") {
  const Tensor all = suppress(kCorners, kScores, 3).run1();
  CHECK(all.shape() == Shape{3, 3});
  CHECK(values<int64_t>(all) == Ints{0, 0, 3, 0, 0, 0, 0, 0, 5});
  CHECK(values<int64_t>(suppress(kCorners, kScores, 2).run1()) == Ints{0, 0, 3, 0, 0, 0});
  CHECK(values<int64_t>(suppress(kCorners, kScores, 3).input(Tensor::scalar(0.4f)).run1()) ==
        Ints{0, 0, 3, 0, 0, 0});
}

TEST_CASE("NonMaxSuppression takes centers, and corners in any order") {
  const std::initializer_list<float> centers = {0.5f, 0.5f,  1, 1, 0.5f, 0.6f,  1, 1, 0.5f, 0.4f,   1, 1,
                                                0.5f, 10.5f, 1, 1, 0.5f, 10.6f, 1, 1, 0.5f, 100.5f, 1, 1};
  CHECK(values<int64_t>(suppress(centers, kScores, 3).attr("center_point_box", 1).run1()) ==
        Ints{0, 0, 3, 0, 0, 0, 0, 0, 5});
  CHECK(values<int64_t>(suppress({1, 1, 0, 0, 0, 0.1f, 1, 1.1f}, {0.9f, 0.75f}, 3).run1()) == Ints{0, 0, 0});
}

TEST_CASE("NonMaxSuppression takes classes and batches one by one, and equal scores in order") {
  const Tensor boxes = Tensor::of<float>({2, 2, 4}, {0, 0, 1, 1, 5, 5, 6, 6, 0, 0, 1, 1, 0, 0, 1, 1});
  const Tensor y = OpRunner("NonMaxSuppression")
                       .input(Tensor::copy_of(boxes.view()))
                       .input(Tensor::of<float>({2, 2, 2}, {1, 1, 1, 2, 3, 3, 1, 2}))
                       .input(Tensor::of<int64_t>({1}, {5}))
                       .run1();
  CHECK(values<int64_t>(y) == Ints{0, 0, 0, 0, 0, 1, 0, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 1});
}

TEST_CASE("NonMaxSuppression of no boxes, without a number of boxes, and of what is no number") {
  const auto empty = OpRunner("NonMaxSuppression")
                         .input(Tensor(DType::f32, {1, 0, 4}))
                         .input(Tensor(DType::f32, {1, 2, 0}))
                         .input(Tensor::scalar<int64_t>(3))
                         .run1();
  CHECK(empty.shape() == Shape{0, 3});
  CHECK(OpRunner("NonMaxSuppression")
            .input(Tensor::of<float>({1, 1, 4}, {0, 0, 1, 1}))
            .input(Tensor::of<float>({1, 1, 1}, {1}))
            .run1()
            .shape() == Shape{0, 3});
  CHECK(values<int64_t>(suppress({NAN, 0, 1, 1, 0, 0, NAN, INFINITY}, {NAN, 1}, 9).run1()) == Ints{0, 0, 1});
}

TEST_CASE("NonMaxSuppression refuses boxes and scores that do not fit") {
  CHECK(*infer_op("NonMaxSuppression", {{DType::f32, Shape{1, kDynamic, 4}}, {DType::f32, Shape{1, 2, 7}}})[0]
             .shape == Shape{kDynamic, 3});
  CHECK(error_of([] {
          infer_op("NonMaxSuppression", {{DType::f32, Shape{1, 6, 4}}, {DType::f32, Shape{1, 2, 7}}});
        }) ==
        "InvalidGraph: boxes and scores have shapes [1,6,4] and [1,2,7], not [batch,boxes,4] and "
        "[batch,classes,boxes]");
  CHECK(error_of([] { suppress(kCorners, kScores, 1).attr("center_point_box", 2).run(); }) ==
        "InvalidGraph: center_point_box is 2");
}
