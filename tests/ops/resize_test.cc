// Expected numbers are those of onnxruntime 1.23, which ONNX's reference evaluator agrees with.
#include <catch2/catch_test_macros.hpp>

#include "support/close.h"
#include "support/op_runner.h"
#include "support/requantize_reference.h"

namespace octavo {
namespace {

using test::error_of;
using test::infer_op;
using test::Ints;
using test::iota;
using test::OpRunner;
using test::values;

using Floats = std::vector<float>;

Tensor floats(Floats elements) {
  return Tensor::of<float>({static_cast<int64_t>(elements.size())}, std::span<const float>(elements));
}

// 1, 2, …, n along the last of four axes, resized there by `scale`.
OpRunner line(int64_t n, float scale) {
  OpRunner runner("Resize");
  runner.input(iota<float>({1, 1, 1, n}, 1)).absent().input(floats({1, 1, 1, scale}));
  return runner;
}

void check_line(OpRunner& runner, Floats expected) {
  const Shape shape{1, 1, 1, static_cast<int64_t>(expected.size())};
  test::check_close(runner.run1(), Tensor::of<float>(shape, std::span<const float>(expected)));
}

TEST_CASE("Resize: the nearest element, rounded in four ways", "[ops][resize]") {
  check_line(line(4, 1.5f).attr("nearest_mode", "floor"), {1, 1, 2, 2, 3, 4});
  check_line(line(4, 1.5f).attr("nearest_mode", "ceil"), {1, 2, 3, 3, 4, 4});
  check_line(line(4, 1.5f).attr("nearest_mode", "round_prefer_ceil"), {1, 2, 2, 3, 4, 4});
  OpRunner by_default = line(4, 1.5f);
  check_line(by_default, {1, 1, 2, 3, 3, 4});
}

TEST_CASE("Resize: to the same size, of an input and of an initializer", "[ops][resize]") {
  for (const char* mode : {"nearest", "linear", "cubic"}) {
    check_line(line(4, 1).attr("mode", mode), {1, 2, 3, 4});
    OpRunner runner("Resize");
    runner.constant(iota<float>({1, 1, 1, 4}, 1)).absent().constant(floats({1, 1, 1, 1}));
    check_line(runner.attr("mode", mode), {1, 2, 3, 4});
  }
}

TEST_CASE("Resize: linear and cubic", "[ops][resize]") {
  check_line(line(4, 2).attr("mode", "linear"), {1, 1.25f, 1.75f, 2.25f, 2.75f, 3.25f, 3.75f, 4});
  check_line(line(4, 2).attr("mode", "linear").attr("coordinate_transformation_mode", "align_corners"),
             {1, 1.4285715f, 1.8571429f, 2.2857141f, 2.7142856f, 3.142857f, 3.5714285f, 4});
  check_line(
      line(4, 0.6f).attr("mode", "linear").attr("coordinate_transformation_mode", "half_pixel_symmetric"),
      {1.6666667f, 3.3333333f});
  check_line(line(4, 2).attr("mode", "cubic"),
             {0.8945312f, 1.1914062f, 1.6679688f, 2.296875f, 2.703125f, 3.3320312f, 3.8085938f, 4.1054688f});
  check_line(line(4, 2).attr("mode", "cubic").attr("exclude_outside", 1).attr("cubic_coeff_a", -0.5f),
             {0.9117647f, 1.1678833f, 1.7099236f, 2.25f, 2.75f, 3.2900763f, 3.8321168f, 4.088235f});
}

TEST_CASE("Resize: antialias mixes what lies between samples", "[ops][resize]") {
  check_line(line(6, 0.5f).attr("mode", "linear").attr("antialias", 1), {1.625f, 3.5f, 5.375f});
  check_line(line(8, 0.5f).attr("mode", "cubic").attr("antialias", 1),
             {1.4726562f, 3.4824219f, 5.517578f, 7.5273438f});
  check_line(line(8, 0.5f).attr("mode", "cubic").attr("antialias", 1).attr("exclude_outside", 1),
             {1.5031185f, 3.4395392f, 5.56046f, 7.4968815f});
}

// Doubled along the axes, which may be the outermost, the innermost or both.
Tensor doubled(const Tensor& x, const Ints& axes, std::string_view mode) {
  Floats scales(axes.size(), 2);
  return OpRunner("Resize")
      .attr("mode", std::string(mode))
      .attr("axes", axes)
      .input(Tensor::of<float>(x.shape(), x.span<float>()))
      .absent()
      .input(floats(scales))
      .run1();
}

TEST_CASE("Resize: axes are resized one after the other, in any order", "[ops][resize]") {
  for (const char* mode : {"nearest", "linear", "cubic"}) {
    INFO(mode);
    const Tensor x = iota<float>({2, 3, 5, 4});
    test::check_close(doubled(x, {2, 3}, mode), doubled(doubled(x, {3}, mode), {-2}, mode));
    test::check_close(doubled(x, {1, 0}, mode), doubled(doubled(x, {0}, mode), {1}, mode));
  }
  CHECK(values<float>(doubled(iota<float>({1, 1, 2, 2}), {2, 3}, "nearest")) ==
        Floats{0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3});
}

TEST_CASE("Resize: nearest moves elements of any type", "[ops][resize]") {
  const auto moved = [&]<class T>(T) {
    const Tensor y = OpRunner("Resize")
                         .input(iota<T>({1, 2, 2}, T{1}))
                         .absent()
                         .absent()
                         .input(Tensor::of<int64_t>({3}, {1, 3, 4}))
                         .run1();
    CHECK(values<T>(y) == std::vector<T>{1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4});
  };
  moved(uint8_t{});
  moved(int16_t{});
  moved(int32_t{});
  moved(int64_t{});
}

TEST_CASE("Resize: sizes that keep the aspect ratio", "[ops][resize]") {
  const auto shape = [](std::string policy) {
    return to_string(OpRunner("Resize")
                         .attr("keep_aspect_ratio_policy", policy)
                         .attr("axes", Ints{2, 3})
                         .input(iota<float>({1, 1, 2, 4}))
                         .absent()
                         .absent()
                         .input(Tensor::of<int64_t>({2}, {7, 8}))
                         .run1()
                         .shape());
  };
  CHECK(shape("stretch") == to_string(Shape{1, 1, 7, 8}));
  CHECK(shape("not_larger") == to_string(Shape{1, 1, 4, 8}));
  CHECK(shape("not_smaller") == to_string(Shape{1, 1, 7, 14}));
}

TEST_CASE("Resize: a region, with a value for what is outside of the image", "[ops][resize]") {
  const Tensor y = OpRunner("Resize")
                       .attr("mode", "linear")
                       .attr("coordinate_transformation_mode", "tf_crop_and_resize")
                       .attr("extrapolation_value", 10.0f)
                       .attr("axes", Ints{1})
                       .input(iota<float>({1, 4}, 1))
                       .input(floats({0.5f, 1.5f}))
                       .absent()
                       .input(Tensor::of<int64_t>({1}, {3}))
                       .run1();
  CHECK(values<float>(y) == Floats{2.5f, 4, 10});
}

TEST_CASE("Resize: what changes nothing is a view, and nothing can be resized to nothing", "[ops][resize]") {
  CHECK(line(4, 1).is_view());
  OpRunner gone = line(4, 0.2f);
  CHECK(gone.run1().shape().elements() == 0);
}

TEST_CASE("Resize: a permutation changes its axes", "[ops][resize]") {
  OpRunner runner("Resize");
  runner.input(iota<float>({1, 2, 3, 4})).absent().input(floats({1, 1, 2, 3}));
  REQUIRE(runner.permute({0, 2, 3, 1}));
  const auto axes = runner.node().attrs.get_ints("axes");
  CHECK(Ints(axes.begin(), axes.end()) == Ints{0, 3, 1, 2});
}

TEST_CASE("Resize: shapes with as much as is known", "[ops][resize]") {
  const Tensor scales = floats({1, 2.5f});
  const auto known = infer_op("Resize", {{DType::f32, Shape{kDynamic, 3}}, {}, Operand::of(scales)});
  CHECK(to_string(*known[0].shape) == to_string(Shape{kDynamic, 7}));
  const auto unknown = infer_op("Resize", {{DType::u8, Shape{2, 3}}, {}, {DType::f32, Shape{2}}});
  CHECK(to_string(*unknown[0].shape) == to_string(Shape{kDynamic, kDynamic}));
}

TEST_CASE("Resize refuses what makes no sense", "[ops][resize]") {
  const auto error = [](auto&& runner) { return error_of([&] { runner.run(); }); };
  CHECK(error(line(4, -1)).starts_with("InvalidGraph: the scale of axis 3"));
  CHECK(error(line(4, 1e12f)).starts_with("InvalidGraph: the scale of axis 3"));
  CHECK(error(line(4, 2).attr("mode", "lanczos")) == "Unsupported: mode 'lanczos' is not supported");
  CHECK(error(OpRunner("Resize").input(iota<float>({2}))).starts_with("InvalidGraph: scales or sizes"));
  CHECK(error(OpRunner("Resize")
                  .attr("mode", "linear")
                  .input(Tensor(DType::boolean, {2}))
                  .absent()
                  .input(floats({2})))
            .starts_with("Unsupported: input 0 is bool"));
  CHECK(error(OpRunner("Resize")
                  .attr("axes", Ints{0, 0})
                  .input(iota<float>({2, 2}))
                  .absent()
                  .input(floats({2, 2})))
            .starts_with("InvalidGraph: axis 0 is named twice"));
  CHECK(error(OpRunner("Resize")
                  .input(iota<float>({0, 2}))
                  .absent()
                  .absent()
                  .input(Tensor::of<int64_t>({2}, {1, 2})))
            .starts_with("InvalidGraph: nothing is resized"));
}

TEST_CASE("Resize is an operator on integers where it stays within the range of its input", "[ops][resize]") {
  CHECK(line(4, 2).obstacle().empty());
  CHECK(line(4, 2).attr("mode", "linear").obstacle().empty());
  CHECK(line(4, 2).attr("mode", "cubic").obstacle() == "it extrapolates");
}

TEST_CASE("Resize: integers between integers are cut off, or rounded where they stand for float32",
          "[ops][resize]") {
  const auto resized = [](bool stands_for_float) {
    OpRunner runner("Resize");
    runner.attr("mode", "linear").attr("coordinate_transformation_mode", "asymmetric");
    runner.input(Tensor::of<uint8_t>({1, 3}, {10, 13, 0}));
    if (stands_for_float) runner.output_qparams(test::u8_qparams(0.5f, 7));
    return test::values<uint8_t>(runner.absent().constant(Tensor::of<float>({2}, {1, 2})).run1());
  };
  // 10, 11.5, 13, 6.5, 0, 0
  CHECK(resized(false) == std::vector<uint8_t>{10, 11, 13, 6, 0, 0});
  CHECK(resized(true) == std::vector<uint8_t>{10, 12, 13, 6, 0, 0});
  OpRunner wide("Resize");
  wide.attr("mode", "linear").attr("coordinate_transformation_mode", "asymmetric");
  wide.input(Tensor::of<int32_t>({1, 2}, {-3, 2})).absent().constant(Tensor::of<float>({2}, {1, 2}));
  // -3, -0.5, 2, 2
  CHECK(test::values<int32_t>(wide.run1()) == std::vector<int32_t>{-3, 0, 2, 2});
}

}  // namespace
}  // namespace octavo
