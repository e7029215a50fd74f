#include <catch2/catch_test_macros.hpp>

#include "support/close.h"
#include "support/conv_reference.h"
#include "support/op_runner.h"
#include "support/random_data.h"

namespace octavo {
namespace {

using test::error_of;
using test::infer_op;
using test::Ints;
using test::iota;
using test::OpRunner;
using test::values;

using Floats = std::vector<float>;

Tensor copy(const Tensor& t) { return Tensor::of<float>(t.shape(), t.span<float>()); }

// Expected numbers of these two: onnxruntime 1.23.
TEST_CASE("ConvTranspose adds windows up", "[ops][conv]") {
  const Tensor y = OpRunner("ConvTranspose")
                       .attr("strides", Ints{2, 2})
                       .attr("pads", Ints{1, 1, 0, 0})
                       .attr("output_padding", Ints{1, 0})
                       .input(iota<float>({1, 1, 2, 2}))
                       .constant(iota<float>({1, 1, 3, 3}, 1))
                       .constant(Tensor::of<float>({1}, {0.5f}))
                       .run1();
  CHECK(to_string(y.shape()) == "[1,1,5,4]");
  CHECK(values<float>(y) == Floats{0.5f,  4.5f,  5.5f,  6.5f,  4.5f,  16.5f, 14.5f, 18.5f, 10.5f, 24.5f,
                                   15.5f, 18.5f, 16.5f, 39.5f, 24.5f, 27.5f, 0.5f,  0.5f,  0.5f,  0.5f});
}

TEST_CASE("ConvTranspose pads so that its output has a shape", "[ops][conv]") {
  const auto y = [](const char* auto_pad, Ints shape) {
    OpRunner runner("ConvTranspose");
    if (!shape.empty()) runner.attr("output_shape", shape);
    return values<float>(runner.attr("strides", Ints{2})
                             .attr("auto_pad", auto_pad)
                             .input(iota<float>({1, 1, 4}))
                             .constant(iota<float>({1, 1, 3}, 1))
                             .run1());
  };
  CHECK(y("SAME_LOWER", {}) == Floats{0, 1, 2, 5, 4, 9, 6, 9});
  CHECK(y("SAME_UPPER", {6}) == Floats{0, 1, 2, 5, 4, 9});
  CHECK(y("VALID", {}) == Floats{0, 0, 1, 2, 5, 4, 9, 6, 9});
  CHECK(y("NOTSET", {11}) == Floats{0, 0, 1, 2, 5, 4, 9, 6, 9, 0, 0});
}

// Σ x·dy over all of a convolution's terms does not depend on which side the sum is written from.
TEST_CASE("ConvTranspose is the transpose of Conv", "[ops][conv]") {
  struct Case {
    Shape x, w;  // of the convolution
    int64_t groups;
    Ints strides, dilations, pads;
  };
  const Case cases[] = {
      {{2, 6, 9}, {4, 6, 3}, 1, {1}, {2}, {1, 1}},
      {{1, 8, 7, 9}, {6, 4, 3, 3}, 2, {2, 2}, {1, 1}, {1, 1, 1, 1}},
      {{2, 5, 8, 8}, {5, 1, 2, 2}, 5, {2, 2}, {1, 1}, {0, 0, 0, 0}},
      {{1, 3, 5, 6, 7}, {4, 3, 3, 2, 3}, 1, {2, 1, 1}, {1, 1, 2}, {1, 0, 1, 1, 1, 0}},
  };
  for (const Case& c : cases) {
    INFO(to_string(c.x) << " " << to_string(c.w));
    test::Random random(3);
    const Tensor x = random.floats(c.x), w = random.floats(c.w);
    const auto with = [&](const char* op) {
      OpRunner runner(op);
      runner.attr("group", c.groups)
          .attr("strides", c.strides)
          .attr("dilations", c.dilations)
          .attr("pads", c.pads);
      return runner;
    };
    const Tensor y = with("Conv").input(copy(x)).constant(copy(w)).run1();
    const Tensor dy = random.floats(y.shape());
    const Shape& size = c.x;
    const auto transposed = [&] {
      OpRunner runner = with("ConvTranspose");
      // Which of the inputs that have such an output.
      runner.attr("output_padding", Ints(c.strides.size(), 0));
      return runner;
    };
    const Tensor dx = transposed().input(copy(dy)).constant(copy(w)).run1();
    double left = 0, right = 0;
    for (std::size_t i = 0; i < dy.span<float>().size(); ++i)
      left += double(dy.span<float>()[i]) * y.span<float>()[i];
    if (to_string(dx.shape()) == to_string(size)) {
      for (std::size_t i = 0; i < dx.span<float>().size(); ++i)
        right += double(dx.span<float>()[i]) * x.span<float>()[i];
      CHECK(std::abs(left - right) < 1e-3);
    } else {
      FAIL("the strides of a case do not divide its input: " << to_string(dx.shape()));
    }
    // Packed at run time, and channels last.
    CHECK(values<float>(transposed().input(copy(dy)).input(copy(w)).run1()) == values<float>(dx));
    if (size.rank() != 4) continue;
    const Tensor last =
        transposed().channels_last().input(test::channels_last<float>(dy)).constant(copy(w)).run1();
    CHECK(values<float>(last) == values<float>(test::channels_last<float>(dx)));
  }
}

TEST_CASE("ConvTranspose obeys the clamp of its node", "[ops][conv]") {
  const Tensor y = OpRunner("ConvTranspose")
                       .clamp({.low = 0, .high = 2})
                       .input(Tensor::of<float>({1, 1, 3}, {-1, 1, 5}))
                       .constant(Tensor::of<float>({1, 1, 1}, {1}))
                       .run1();
  CHECK(values<float>(y) == Floats{0, 1, 2});
}

TEST_CASE("ConvTranspose: shapes with as much as is known, and what does not fit", "[ops][conv]") {
  const auto shape = [](Shape x, Shape w) {
    return to_string(*infer_op("ConvTranspose", {{DType::f32, x}, {DType::f32, w}})[0].shape);
  };
  CHECK(shape({kDynamic, 4, 8, kDynamic}, {4, 6, 3, 3}) == to_string(Shape{kDynamic, 6, 10, kDynamic}));
  const auto error = [](DType dtype, Shape x, Shape w, Attrs attrs = {}) {
    return error_of([&] { infer_op("ConvTranspose", {{dtype, x}, {dtype, w}}, attrs); });
  };
  CHECK(error(DType::s32, {1, 1, 4}, {1, 1, 1}).starts_with("Unsupported"));
  CHECK(error(DType::f32, {1, 3, 4}, {2, 1, 1}).starts_with("InvalidGraph: input [1,3,4] has 3 channels"));
  CHECK(error(DType::f32, {1, 1, 4}, {1, 1, 1, 1}).starts_with("InvalidGraph"));
  CHECK(error(DType::f32, {1, 1, 2, 2, 2, 2}, {1, 1, 1, 1, 1, 1}).starts_with("Unsupported"));
  Attrs pads;
  pads.set("pads", Ints{5, 5});
  CHECK(error(DType::f32, {1, 1, 4}, {1, 1, 1}, pads).starts_with("InvalidGraph: an axis of 4"));
  Attrs list;
  list.set("output_shape", Ints{1, 2});
  CHECK(error(DType::f32, {1, 1, 4}, {1, 1, 1}, list).starts_with("InvalidGraph: output_shape has 2 values"));
}

TEST_CASE("ConvTranspose of nothing takes no time, however many groups", "[ops][conv_transpose]") {
  const auto run = [](bool is_constant) {
    OpRunner runner("ConvTranspose");
    runner.attr("group", int64_t{1} << 29).input(Tensor(DType::f32, {1 << 20, 0, 1}));
    const Tensor w(DType::f32, {0, 0, 1});
    return (is_constant ? runner.constant(Tensor::copy_of(w.view()))
                        : runner.input(Tensor::copy_of(w.view())))
        .run1();
  };
  for (bool is_constant : {false, true}) CHECK(run(is_constant).shape().elements() == 0);
}

}  // namespace
}  // namespace octavo
