// The operators of backward passes on their own. What they compute is compared with autograd in gradients_test.cc.
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/kernel_policy.h"
#include "support/check_threads.h"
#include "support/op_runner.h"
#include "support/random_data.h"

namespace octavo {
namespace {

using test::check_threads;
using test::Ints;
using test::OpRunner;

TEST_CASE("Operators of backward passes give the same bits on any number of threads", "[threads]") {
  test::Random random(7);
  const Shape image{2, 3, 65, 63}, pooled{2, 3, 33, 32};
  const Tensor x = random.floats(image), dy = random.floats(pooled);
  check_threads([&] {
    OpRunner runner("octavo.MaxPoolGradient");
    runner.attr("kernel_shape", Ints{3, 3}).attr("strides", Ints{2, 2}).attr("pads", Ints{1, 1, 1, 1});
    runner.input(Tensor::copy_of(x.view())).input(Tensor::copy_of(dy.view()));
    return runner;
  });
  const Tensor g = random.floats(image), scale = random.floats({3}, 0.01f, 0.1f);
  check_threads([&] {
    OpRunner runner("octavo.QuantizeGradient");
    runner.attr("axis", 1).outputs(2).notes({.qmin = 0, .qmax = 15});
    runner.input(Tensor::copy_of(g.view()))
        .input(Tensor::copy_of(x.view()))
        .constant(Tensor::copy_of(scale.view()));
    runner.constant(Tensor::of<uint8_t>({3}, {7, 8, 9}));
    return runner;
  });
  check_threads([&] {
    OpRunner runner("octavo.MaskGradient");
    runner.attr("low", 0.0f).attr("high", 0.5f);
    return std::move(runner.input(Tensor::copy_of(g.view())).input(Tensor::copy_of(x.view())));
  });
  check_threads([&] {
    OpRunner runner("octavo.RowSums");
    return std::move(runner.input(Tensor::copy_of(x.view())));
  });
  const Tensor filters = random.floats({30, 1, 3, 3}), pixels = random.floats({2, 30, 20, 20}),
               wide = random.floats({2, 30, 41, 41});
  for (const bool by_weights : {false, true})
    check_threads([&] {
      OpRunner runner(by_weights ? "octavo.ConvWeightGradient" : "octavo.DepthwiseImageGradient");
      runner.attr("kernel_shape", Ints{3, 3}).attr("strides", Ints{2, 2}).attr("group", 30);
      if (!by_weights) runner.attr("image", Ints{41, 41});
      return std::move(runner.input(Tensor::copy_of(pixels.view()))
                           .input(Tensor::copy_of(by_weights ? wide.view() : filters.view())));
    });
  // Images that are many for few weights, and weights that are many for few images.
  for (const auto& [size, channels, outputs] : {std::array{40, 3, 4}, std::array{4, 90, 250}}) {
    const Tensor image = random.floats({2, channels, size, size}),
                 dy = random.floats({2, outputs, size, size});
    check_threads([&] {
      OpRunner runner("octavo.ConvWeightGradient");
      runner.attr("kernel_shape", Ints{3, 3}).attr("pads", Ints{1, 1, 1, 1});
      return std::move(runner.input(Tensor::copy_of(dy.view())).input(Tensor::copy_of(image.view())));
    });
  }
}

TEST_CASE("RowSums adds rows of any length") {
  test::Random random(5);
  for (const int64_t columns : {1, 7, 64, 300}) {
    const Tensor x = random.floats({3, 333, columns});
    std::vector<double> sums(static_cast<std::size_t>(columns));
    for (std::size_t i = 0; i < x.span<float>().size(); ++i)
      sums[i % sums.size()] += static_cast<double>(x.span<float>()[i]);
    const Tensor y = OpRunner("octavo.RowSums").input(Tensor::copy_of(x.view())).run1();
    REQUIRE(y.shape() == Shape{columns});
    for (std::size_t c = 0; c < sums.size(); ++c)
      CHECK(std::abs(static_cast<double>(y.span<float>()[c]) - sums[c]) < 1e-4);
  }
}

TEST_CASE("MaskGradient passes what lies within bounds, and nothing of NaN") {
  constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
  const Tensor dx = OpRunner("octavo.MaskGradient")
                        .attr("low", 1.0f)
                        .attr("high", 2.0f)
                        .input(Tensor::of<float>({6}, {1, 2, 3, 4, 5, 6}))
                        .input(Tensor::of<float>({6}, {0.5f, 1, 1.5f, 2, 2.5f, kNaN}))
                        .run1();
  CHECK(test::values<float>(dx) == std::vector<float>{0, 2, 3, 4, 0, 0});
}

TEST_CASE("MaxPoolGradient gives to the first of equals, and adds where windows overlap") {
  const Tensor dx = OpRunner("octavo.MaxPoolGradient")
                        .attr("kernel_shape", Ints{2})
                        .input(Tensor::of<float>({1, 1, 5}, {3, 5, 5, 5, 0}))
                        .input(Tensor::of<float>({1, 1, 4}, {1, 2, 4, 8}))
                        .run1();
  CHECK(test::values<float>(dx) == std::vector<float>{0, 3, 4, 8, 0});
}

TEST_CASE("MaxPoolGradient leaves nothing where no window is") {
  // Windows of two, three apart, behind one element of padding, and an element behind the last.
  const auto runner = [] {
    OpRunner made("octavo.MaxPoolGradient");
    made.attr("kernel_shape", Ints{2}).attr("strides", Ints{3}).attr("pads", Ints{1, 0});
    made.input(Tensor::of<float>({1, 1, 8}, {5, 1, 2, 3, 4, 8, 9, 1}));
    return std::move(made.input(Tensor::of<float>({1, 1, 3}, {1, 2, 4})));
  };
  CHECK(test::values<float>(runner().run1()) == std::vector<float>{1, 0, 0, 2, 0, 0, 4, 0});
  CHECK_FALSE(runner().is_view());
  CHECK(runner().attr("in_place", int64_t{1}).is_view());
  OpRunner overlapping("octavo.MaxPoolGradient");
  overlapping.attr("kernel_shape", Ints{2}).attr("in_place", int64_t{1});
  overlapping.input(Tensor::of<float>({1, 1, 3}, {1, 2, 3})).input(Tensor::of<float>({1, 1, 2}, {1, 2}));
  CHECK_FALSE(overlapping.is_view());
}

TEST_CASE("Gradients of channels-last images are those of channels-first ones") {
  test::Random random(11);
  const auto turned = [](const Tensor& t) {
    return OpRunner("Transpose").attr("perm", Ints{0, 3, 1, 2}).input(Tensor::copy_of(t.view())).run1();
  };
  const Tensor x = random.floats({2, 5, 6, 70});  // N, H, W, C
  for (const char* op : {"octavo.MaxPoolGradient", "octavo.ConvWeightGradient"}) {
    const bool is_pool = op == std::string_view("octavo.MaxPoolGradient");
    const Tensor dy = random.floats({2, 2, 4, is_pool ? 70 : 6});
    const auto gradient = [&](Tensor g, Tensor image, bool permutes) {
      OpRunner runner(op);
      runner.attr("kernel_shape", Ints{3, 3}).attr("strides", Ints{2, 1});
      if (!is_pool) runner.attr("group", int64_t{2});
      if (is_pool)
        runner.input(std::move(image)).input(std::move(g));
      else
        runner.input(std::move(g)).input(std::move(image));
      if (permutes) {
        CHECK_FALSE(runner.permute({0, 3, 1, 2}));
        CHECK(runner.permute({0, 2, 3, 1}));
        CHECK_FALSE(runner.permute({0, 2, 3, 1}));
      }
      return runner.run1();
    };
    const Tensor last = gradient(Tensor::copy_of(dy.view()), Tensor::copy_of(x.view()), true);
    const Tensor first = gradient(turned(dy), turned(x), false);
    CHECK(test::values<float>(turned(last)) == test::values<float>(first));
  }
}

TEST_CASE("QuantizeGradient: nothing passes where the integer saturates, halves go to even") {
  const std::vector<Tensor> y = OpRunner("octavo.QuantizeGradient")
                                    .outputs(2)
                                    .notes({.qmin = 0, .qmax = 2})
                                    .input(Tensor::of<float>({5}, {1, 2, 4, 8, 16}))
                                    .input(Tensor::of<float>({5}, {-0.75f, -0.25f, 0.75f, 1.25f, 1.75f}))
                                    .constant(Tensor::of<float>({}, {0.5f}))
                                    .run();
  // Integers before they are clamped: -2, 0, 2, 2, 4.
  CHECK(test::values<float>(y[0]) == std::vector<float>{0, 2, 4, 8, 0});
  CHECK(test::values<float>(y[1]) == std::vector<float>{0 * 1 + 0.5f * 2 + 0.5f * 4 - 0.5f * 8 + 2 * 16});
}

}  // namespace
}  // namespace octavo
