#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "support/close.h"
#include "support/conv_reference.h"
#include "support/op_runner.h"
#include "support/random_data.h"

namespace octavo {
namespace {

using test::OpRunner;

Tensor copy(const Tensor& t) { return Tensor::of<float>(t.shape(), t.span<float>()); }

TEST_CASE("BatchNormalization equals its formula", "[ops][batch_normalization]") {
  test::Random random(1);
  const Tensor x = random.floats({2, 7, 3, 5}), scale = random.floats({7}), bias = random.floats({7});
  const Tensor mean = random.floats({7}), variance = random.floats({7}, 0.1f, 2);
  Tensor expected(DType::f32, x.shape());
  for (int64_t i = 0; i < x.shape().elements(); ++i) {
    const int64_t c = i / 15 % 7;
    const double deviation = std::sqrt(double(variance.span<float>()[c]) + 0.01);
    expected.span<float>()[i] =
        static_cast<float>((x.span<float>()[i] - mean.span<float>()[c]) / deviation * scale.span<float>()[c] +
                           bias.span<float>()[c]);
  }
  const auto run = [&](const Tensor& input, bool channels_last) {
    return OpRunner("BatchNormalization")
        .attr("epsilon", 0.01f)
        .channels_last(channels_last)
        .input(copy(input))
        .constant(copy(scale))
        .constant(copy(bias))
        .constant(copy(mean))
        .constant(copy(variance))
        .run1();
  };
  test::check_close(run(x, 0), expected);
  test::check_close(run(test::channels_last<float>(x), 1), test::channels_last<float>(expected));
}

TEST_CASE("BatchNormalization clamps as it stores", "[ops][batch_normalization]") {
  const auto vector = [](float x) { return Tensor::of<float>({1}, {x}); };
  OpRunner runner("BatchNormalization");
  runner.attr("epsilon", 0.0f)
      .clamp({.low = 0, .high = 6})
      .input(Tensor::of<float>({1, 1, 5}, {-3, 0, 1, 4, NAN}));
  const Tensor y =
      runner.constant(vector(2)).constant(vector(1)).constant(vector(1)).constant(vector(1)).run1();
  // 2·(x - 1) + 1
  CHECK(test::values<float>(y)[1] == 0);
  CHECK(test::values<float>(y)[2] == 1);
  CHECK(test::values<float>(y)[3] == 6);
  CHECK(std::isnan(test::values<float>(y)[4]));
}

TEST_CASE("BatchNormalization refuses training and parameters that do not fit",
          "[ops][batch_normalization]") {
  const auto error = [](int64_t training, int64_t parameters) {
    Attrs attrs;
    attrs.set("training_mode", training);
    const Operand vector{DType::f32, Shape{parameters}};
    return test::error_of([&] {
      test::infer_op("BatchNormalization", {{DType::f32, Shape{1, 3, 2}}, vector, vector, vector, vector},
                     attrs);
    });
  };
  CHECK(error(0, 3).empty());
  CHECK(error(1, 3) == "Unsupported: training_mode 1");
  CHECK(error(0, 4) == "InvalidGraph: parameter [4] does not fit input [1,3,2]");
}

}  // namespace
}  // namespace octavo
