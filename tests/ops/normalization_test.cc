#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "support/close.h"
#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

namespace {

// Rows of n elements brought to mean 0 and variance 1, in float64: without mean, the root of the mean square.
Tensor normalized(const Tensor& x, int64_t n, bool centers = true) {
  Tensor y(DType::f32, x.shape());
  const float* v = x.span<float>().data();
  for (int64_t row = 0; row < x.shape().elements() / n; ++row, v += n) {
    double mean = 0, squares = 0;
    for (int64_t i = 0; i < n; ++i) mean += centers ? v[i] / double(n) : 0;
    for (int64_t i = 0; i < n; ++i) squares += (v[i] - mean) * (v[i] - mean) / double(n);
    for (int64_t i = 0; i < n; ++i)
      y.span<float>()[row * n + i] = float((v[i] - mean) / std::sqrt(squares + 1e-5));
  }
  return y;
}

// x · scale[c] + bias[c], c = i / inner % channels.
Tensor scaled(Tensor x, int64_t channels, int64_t inner) {
  for (int64_t i = 0; i < x.shape().elements(); ++i) {
    const auto c = float(i / inner % channels);
    x.span<float>()[i] = x.span<float>()[i] * (c + 1) + c / 2;
  }
  return x;
}
Tensor scales(Shape shape) { return iota<float>(std::move(shape), 1, 1); }
Tensor biases(Shape shape) { return iota<float>(std::move(shape), 0, 0.5f); }

Tensor wavy(Shape shape) {
  Tensor x(DType::f32, std::move(shape));
  float i = 0;
  for (float& v : x.span<float>()) v = 3 * std::sin(i += 1.7f) + 1;
  return x;
}

}  // namespace

TEST_CASE("LayerNormalization of the axes from one on") {
  const Shape shape{2, 3, 4, 5};
  for (int axis = -4; axis < 4; ++axis) {
    CAPTURE(axis);
    const int a = normalize_axis(axis, 4);
    const int64_t n = shape.elements(a, 4);
    const Shape row(Dims(shape.dims.begin() + a, shape.dims.end()));
    Shape statistics = shape;
    for (int i = a; i < 4; ++i) statistics[i] = 1;
    OpRunner op("LayerNormalization");
    const auto y =
        op.attr("axis", axis).outputs(3).input(wavy(shape)).input(scales(row)).input(biases(row)).run();
    check_close(y[0], scaled(normalized(wavy(shape), n), n, 1));
    REQUIRE(y[1].shape() == statistics);
    REQUIRE(y[2].shape() == statistics);
    double mean = 0, square = 0;
    for (int64_t i = 0; i < n; ++i) mean += wavy(shape).span<float>()[i] / double(n);
    for (int64_t i = 0; i < n; ++i) square += std::pow(wavy(shape).span<float>()[i] - mean, 2) / double(n);
    CHECK(std::abs(y[1].span<float>()[0] - mean) < 1e-5);
    CHECK(std::abs(y[2].span<float>()[0] - 1 / std::sqrt(square + 1e-5)) < 1e-5);
  }
}

TEST_CASE("LayerNormalization without bias, and the threads it is given") {
  KernelPolicy policy;
  policy.threads = Threads(3);
  const auto make = [] {
    OpRunner op("LayerNormalization");
    return std::move(op.input(wavy({67, 500})).input(scales({500})));
  };
  const Tensor y = make().run1(), threaded = make().kernels(policy).run1();
  CHECK(values<float>(y) == values<float>(threaded));
}

TEST_CASE("RMSNormalization has no mean") {
  const Tensor y = OpRunner("RMSNormalization")
                       .input(wavy({3, 8}))
                       .input(Tensor::of<float>({8}, {1, 1, 1, 1, 1, 1, 1, 1}))
                       .run1();
  check_close(y, normalized(wavy({3, 8}), 8, false));
}

TEST_CASE("InstanceNormalization normalizes each channel") {
  for (const Shape& shape : {Shape{2, 3, 4, 5}, Shape{2, 3, 7}, Shape{1, 1, 2, 2, 2}})
    check_close(OpRunner("InstanceNormalization")
                    .input(wavy(shape))
                    .input(scales({shape[1]}))
                    .input(biases({shape[1]}))
                    .run1(),
                scaled(normalized(wavy(shape), shape.elements(2, shape.rank())), shape[1],
                       shape.elements(2, shape.rank())));
}

TEST_CASE("GroupNormalization with a scale a channel, and of opset 18 a scale a group") {
  const Shape shape{2, 6, 3, 2};
  const auto group = [&](int64_t parameters) {
    return OpRunner("GroupNormalization")
        .attr("num_groups", 3)
        .input(wavy(shape))
        .input(scales({parameters}))
        .input(biases({parameters}))
        .run1();
  };
  check_close(group(6), scaled(normalized(wavy(shape), 12), 6, 6));
  check_close(group(3), scaled(normalized(wavy(shape), 12), 3, 12));
}

TEST_CASE("Normalizations infer unknown dimensions and refuse what does not fit") {
  const Operand x{DType::f32, Shape{kDynamic, 6, kDynamic}}, six{DType::f32, Shape{6}},
      four{DType::f32, Shape{4}};
  const auto y = infer_op("LayerNormalization", {x, {DType::f32, Shape{kDynamic}}}, {}, 3);
  CHECK(*y[0].shape == *x.shape);
  CHECK(*y[1].shape == Shape{kDynamic, 6, 1});
  CHECK(*infer_op("InstanceNormalization", {x, six, six})[0].shape == *x.shape);
  CHECK(error_of([&] { infer_op("LayerNormalization", {six, four}); }) ==
        "Unsupported: parameter [4] is not of the shape that is normalized, axes 0 and on of [6]");
  CHECK(error_of([&] { infer_op("LayerNormalization", {{DType::s32, Shape{6}}, six}); }) ==
        "Unsupported: input 0 is int32; supported: float32");
  CHECK(error_of([&] { infer_op("InstanceNormalization", {x, four, four}); }) ==
        "InvalidGraph: parameter [4] does not fit input [?,6,?]");
  Attrs attrs;
  attrs.set("num_groups", 4);
  CHECK(error_of([&] { infer_op("GroupNormalization", {x, six, six}, attrs); }) ==
        "InvalidGraph: 6 channels are not divided into 4 groups");
  attrs.set("num_groups", 0);
  CHECK(error_of([&] { infer_op("GroupNormalization", {x, six, six}, attrs); }) ==
        "InvalidGraph: num_groups is 0");
  Attrs stash;
  stash.set("stash_type", 11);
  CHECK(error_of([&] { infer_op("LayerNormalization", {six, six}, stash); }) ==
        "Unsupported: stash_type is not float32");
}
