// GridSample, AffineGrid, RoiAlign, DeformConv and MaxUnpool. Expected numbers are those of onnxruntime 1.23 or, of
// DeformConv, of ONNX's reference evaluator.
#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "support/close.h"
#include "support/op_runner.h"

namespace octavo {
namespace {

using test::error_of;
using test::infer_op;
using test::Ints;
using test::iota;
using test::OpRunner;
using test::values;

using Floats = std::vector<float>;

void check(const Tensor& y, Floats expected) {
  test::check_close(y, Tensor::of<float>(y.shape(), std::span<const float>(expected)));
}

Tensor sampled(const char* mode, const char* padding, bool aligned) {
  return OpRunner("GridSample")
      .attr("mode", mode)
      .attr("padding_mode", padding)
      .attr("align_corners", int64_t{aligned})
      .input(iota<float>({1, 1, 3, 3}, 1))
      .input(Tensor::of<float>({1, 1, 4, 2}, {-1, -1, 0.5f, -0.25f, 1.2f, 0, 0, -1.7f}))
      .run1();
}

TEST_CASE("GridSample: modes and what is outside of the image", "[ops]") {
  check(sampled("linear", "zeros", false), {0.25f, 4.625f, 1.2f, 0});
  check(sampled("linear", "zeros", true), {1, 4.75f, 4.8f, 0.6f});
  check(sampled("linear", "border", false), {1, 4.625f, 6, 2});
  check(sampled("linear", "reflection", false), {1, 4.625f, 6, 3.65f});
  check(sampled("linear", "reflection", true), {1, 4.75f, 5.8f, 4.1f});
  check(sampled("nearest", "zeros", false), {1, 6, 0, 0});
  check(sampled("nearest", "border", true), {1, 6, 6, 2});
  check(sampled("nearest", "reflection", true), {1, 6, 6, 5});
  check(sampled("cubic", "zeros", false), {0.0625f, 5.0879765f, 1.0799992f, -0.1670618f});
  check(sampled("cubic", "zeros", true), {1, 5.1678467f, 5.04f, 0.4162496f});
  check(sampled("cubic", "border", false), {0.625f, 4.397949f, 6.024f, 2});
  check(sampled("cubic", "border", true), {1, 4.5976562f, 6.096f, 1.8582504f});
  check(sampled("cubic", "reflection", false), {0.25f, 4.397949f, 6.12f, 3.3622806f});
  check(sampled("cubic", "reflection", true), {1, 4.5859375f, 5.944f, 3.690502f});
}

TEST_CASE("GridSample: volumes, channels and grids that lead nowhere", "[ops]") {
  // The middle of a cube is the mean of its corners.
  const Tensor y = OpRunner("GridSample")
                       .input(iota<float>({1, 2, 2, 2, 2}))
                       .input(Tensor::of<float>({1, 1, 1, 1, 3}, {0, 0, 0}))
                       .run1();
  CHECK(values<float>(y) == Floats{3.5f, 11.5f});
  for (const char* padding : {"zeros", "border", "reflection"}) {
    const Tensor lost = OpRunner("GridSample")
                            .attr("padding_mode", padding)
                            .input(iota<float>({1, 1, 2, 2}, 1))
                            .input(Tensor::of<float>({1, 1, 3, 2}, {NAN, 0, INFINITY, 0, -1e30f, 1e30f}))
                            .run1();
    for (float value : lost.span<float>()) CHECK((value >= 0 && value <= 4));
  }
  CHECK(error_of([] {
          infer_op("GridSample", {{DType::f32, Shape{1, 1, 2, 2}}, {DType::f32, Shape{1, 1, 3, 3}}});
        }).starts_with("InvalidGraph: grid [1,1,3,3] does not fit"));
  CHECK(to_string(*infer_op("GridSample", {{DType::f32, Shape{kDynamic, 3, 2, 2}},
                                           {DType::f32, Shape{2, 5, kDynamic, 2}}})[0]
                       .shape) == to_string(Shape{kDynamic, 3, 5, kDynamic}));
}

TEST_CASE("AffineGrid", "[ops]") {
  const auto grid = [](int64_t aligned, Ints size) {
    return OpRunner("AffineGrid")
        .attr("align_corners", aligned)
        .input(Tensor::of<float>({1, 2, 3}, {1, 0, 0.5f, 0, 2, 0}))
        .input(Tensor::of<int64_t>({4}, std::span<const int64_t>(size)))
        .run1();
  };
  check(grid(0, {1, 1, 2, 2}), {0, -1, 1, -1, 0, 1, 1, 1});
  check(grid(1, {1, 1, 2, 2}), {-0.5f, -2, 1.5f, -2, -0.5f, 2, 1.5f, 2});
  check(grid(1, {1, 1, 1, 1}), {0.5f, 0});  // PyTorch: a single pixel is in the middle
  CHECK(
      error_of([&] { grid(0, {2, 1, 2, 2}); }).starts_with("InvalidGraph: theta [1,2,3] is not of 2 images"));
  const auto volume = infer_op("AffineGrid", {{DType::f32, Shape{4, 3, 4}}, {DType::s64, Shape{5}}});
  CHECK(to_string(*volume[0].shape) == to_string(Shape{4, kDynamic, kDynamic, kDynamic, 3}));
}

OpRunner regions(Floats rois, int64_t batch_index = 0) {
  const auto count = static_cast<int64_t>(rois.size() / 4);
  Ints batch(static_cast<std::size_t>(count), batch_index);
  OpRunner runner("RoiAlign");
  runner.attr("output_height", 2)
      .attr("output_width", 2)
      .input(iota<float>({1, 1, 4, 4}))
      .input(Tensor::of<float>({count, 4}, std::span<const float>(rois)))
      .input(Tensor::of<int64_t>({count}, std::span<const int64_t>(batch)));
  return runner;
}

TEST_CASE("RoiAlign", "[ops]") {
  check(regions({0, 0, 3, 3, 1, 1, 2.5f, 9}).run1(), {1.5625f, 3, 7.3125f, 8.75f, 9.875f, 10.625f, 0, 0});
  check(regions({0, 0, 3, 3, 1, 1, 2.5f, 9})
            .attr("mode", "max")
            .attr("sampling_ratio", 1)
            .attr("coordinate_transformation_mode", "output_half_pixel")
            .run1(),
        {2.8125f, 3.375f, 5.0625f, 5.625f, 8.125f, 12.25f, 0, 0});
  // Neither ends late nor reads elsewhere.
  const Tensor far = regions({NAN, 0, 1, 1, 3, 3, 1, 1, -1e9f, -1e9f, 1e9f, 1e9f, 0, 0, INFINITY, 1}).run1();
  for (float value : far.span<float>()) CHECK(std::abs(value) < 1e-9f);
  CHECK(error_of([] { regions({0, 0, 1, 1}, 1).run(); }) ==
        "InvalidInput: batch index 1 is outside of [1,1,4,4]");
}

TEST_CASE("DeformConv samples where offsets say", "[ops]") {
  Tensor offsets(DType::f32, {1, 8, 2, 2});
  for (float& offset : offsets.span<float>()) offset = 0;
  offsets.span<float>()[0] = 0.5f;           // tap 0, down, at (0, 0)
  offsets.span<float>()[7 * 4 + 3] = -0.5f;  // tap 3, to the right, at (1, 1)
  offsets.span<float>()[1 * 4 + 1] = -5;     // tap 0 at (0, 1) leaves the image
  const auto conv = [&](Floats mask) {
    OpRunner runner("DeformConv");
    runner.input(iota<float>({1, 1, 3, 3}))
        .constant(Tensor::of<float>({1, 1, 2, 2}, {1, 1, 1, 1}))
        .input(Tensor::of<float>(offsets.shape(), offsets.span<float>()))
        .input(Tensor::of<float>({1}, {1}));
    if (!mask.empty()) runner.input(Tensor::of<float>({1, 4, 2, 2}, std::span<const float>(mask)));
    return runner.run1();
  };
  check(conv(Floats(16, 0.5f)), {5.75f, 6.5f, 11, 12.75f});
  check(conv({}), {10.5f, 12, 21, 24.5f});
}

TEST_CASE("DeformConv without offsets is Conv, in groups of either kind", "[ops]") {
  const Tensor x = iota<float>({2, 4, 5, 6}, -50), w = iota<float>({6, 2, 3, 2}, -30);
  const auto with = [&](const char* op) {
    OpRunner runner(op);
    runner.attr("group", 2).attr("pads", Ints{1, 0, 1, 1}).attr("strides", Ints{2, 1});
    runner.input(Tensor::of<float>(x.shape(), x.span<float>()))
        .constant(Tensor::of<float>(w.shape(), w.span<float>()));
    return runner;
  };
  const Tensor expected = with("Conv").run1();
  for (int64_t offset_groups : {1, 2, 4}) {
    Tensor offsets(DType::f32, {2, offset_groups * 12, expected.shape()[2], expected.shape()[3]});
    for (float& offset : offsets.span<float>()) offset = 0;
    test::check_close(with("DeformConv").attr("offset_group", offset_groups).input(std::move(offsets)).run1(),
                      expected);
  }
  CHECK(error_of([&] {
          with("DeformConv").input(iota<float>({2, 8, 3, 6})).run();
        }).starts_with("InvalidGraph: offsets of shape [2,8,3,6] does not fit"));
}

TEST_CASE("MaxUnpool puts maxima back", "[ops]") {
  const auto unpool = [](Ints indices, Ints shape = {}) {
    OpRunner runner("MaxUnpool");
    runner.attr("kernel_shape", Ints{2, 2})
        .attr("strides", Ints{2, 2})
        .input(iota<float>({1, 1, 1, 2}, 5))
        .input(Tensor::of<int64_t>({1, 1, 1, 2}, std::span<const int64_t>(indices)));
    if (!shape.empty()) runner.input(Tensor::of<int64_t>({4}, std::span<const int64_t>(shape)));
    return runner.run1();
  };
  CHECK(values<float>(unpool({5, 2})) == Floats{0, 0, 6, 0, 0, 5, 0, 0});
  // Indices count in what the attributes say, as ONNX's test has it.
  CHECK(values<float>(unpool({5, 2}, {1, 1, 2, 5})) == Floats{0, 0, 6, 0, 0, 0, 5, 0, 0, 0});
  CHECK(error_of([&] { unpool({5, 8}); }).starts_with("InvalidInput: index 8 of a maximum"));
  CHECK(error_of([&] { unpool({-1, 2}); }).starts_with("InvalidInput: index -1 of a maximum"));
  CHECK(error_of([&] { unpool({5, 2}, {1, 1, 1, 4}); }).starts_with("InvalidInput: index 5 of a maximum"));
}

}  // namespace
}  // namespace octavo
