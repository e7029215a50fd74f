// Operators give the same bits on any number of threads. Shapes are large enough to be divided.
#include <catch2/catch_test_macros.hpp>
#include <cstring>

#include "base/kernel_policy.h"
#include "support/check_threads.h"
#include "support/op_runner.h"
#include "support/random_data.h"
#include "support/requantize_reference.h"

namespace octavo {
namespace {

using test::check_threads;
using test::Ints;
using test::OpRunner;

QParams weight_qparams() {
  return {.scale = {0.01f}, .zero_point = {0}, .axis = -1, .qmin = -127, .qmax = 127};
}

// A convolution of a channels-last image, float or integer.
struct Image {
  int64_t size, channels, outputs, kernel, groups;
};

void check_conv(const Image& s) {
  INFO(s.size << "², " << s.channels << " to " << s.outputs << ", kernel " << s.kernel << ", groups "
              << s.groups);
  test::Random random(7);
  const Shape x_shape{1, s.size, s.size, s.channels};
  const Shape w_shape{s.outputs, s.channels / s.groups, s.kernel, s.kernel};
  const Tensor x = random.floats(x_shape), w = random.floats(w_shape), bias = random.floats({s.outputs});
  const Tensor q = random.integers<uint8_t>(x_shape, 0, 255),
               qw = random.integers<int8_t>(w_shape, -127, 127);
  const auto copy = [](const Tensor& t) { return Tensor::of<float>(t.shape(), t.span<float>()); };
  const int64_t pad = s.kernel / 2;
  const auto conv = [&](const char* op) {
    OpRunner runner(op);
    runner.channels_last().attr("group", s.groups).attr("pads", Ints{pad, pad, pad, pad});
    return runner;
  };
  check_threads([&] {
    OpRunner runner = conv("Conv");
    runner.input(copy(x)).constant(copy(w)).constant(copy(bias));
    return runner;
  });
  check_threads([&] {
    OpRunner runner = conv("Conv");  // weights that come at run time
    runner.input(copy(x)).input(copy(w));
    return runner;
  });
  check_threads([&] {
    OpRunner runner = conv("octavo.QConv");
    runner.input(Tensor::of<uint8_t>(x_shape, q.span<uint8_t>()))
        .input_qparams(test::u8_qparams(0.05f, 100))
        .constant(Tensor::of<int8_t>(w_shape, qw.span<int8_t>()))
        .input_qparams(weight_qparams())
        .output_qparams(test::u8_qparams(0.7f, 90));
    return runner;
  });
  check_threads([&] {
    OpRunner runner = conv("octavo.DynamicQConv");
    runner.input(copy(x))
        .constant(Tensor::of<int8_t>(w_shape, qw.span<int8_t>()))
        .input_qparams(weight_qparams());
    return runner;
  });
}

void check_product(int64_t m, int64_t n, int64_t k) {
  INFO("m " << m << " n " << n << " k " << k);
  test::Random random(11);
  const Tensor a = random.floats({m, k}), b = random.floats({k, n});
  const Tensor q = random.integers<uint8_t>({m, k}, 0, 255), qb = random.integers<int8_t>({k, n}, -127, 127);
  const auto copy = [](const Tensor& t) { return Tensor::of<float>(t.shape(), t.span<float>()); };
  for (const char* op : {"Gemm", "MatMul"})
    check_threads([&] {
      OpRunner runner(op);
      runner.input(copy(a)).constant(copy(b));
      return runner;
    });
  check_threads([&] {
    OpRunner runner("octavo.QGemm");
    runner.input(Tensor::of<uint8_t>({m, k}, q.span<uint8_t>()))
        .input_qparams(test::u8_qparams(0.05f, 100))
        .constant(Tensor::of<int8_t>({k, n}, qb.span<int8_t>()))
        .input_qparams(weight_qparams())
        .output_qparams(test::u8_qparams(0.7f, 90));
    return runner;
  });
  for (const Granularity granularity : {Granularity::row, Granularity::tensor})
    check_threads([&] {
      OpRunner runner("octavo.DynamicQGemm");
      runner.notes({.granularity = granularity})
          .input(copy(a))
          .constant(Tensor::of<int8_t>({k, n}, qb.span<int8_t>()))
          .input_qparams(weight_qparams());
      return runner;
    });
}

}  // namespace

TEST_CASE("Convolutions give the same bits on any number of threads", "[threads]") {
  check_conv({28, 32, 64, 1, 1});
  check_conv({7, 200, 333, 1, 1});  // few positions: columns are divided
  check_conv({7, 64, 100, 3, 1});
  check_conv({28, 16, 40, 3, 1});
  check_conv({14, 32, 64, 3, 2});
  check_conv({31, 70, 70, 3, 70});
  check_conv({14, 200, 200, 5, 200});
}

TEST_CASE("Matrix products give the same bits on any number of threads", "[threads]") {
  check_product(1, 1000, 640);
  check_product(5, 333, 401);
  check_product(200, 96, 100);
}

TEST_CASE("Operators on elements and windows give the same bits on any number of threads", "[threads]") {
  test::Random random(5);
  const auto floats = [&](Shape shape) { return test::Random(3).floats(std::move(shape)); };
  const auto integers = [&](Shape shape) {
    return test::Random(3).integers<uint8_t>(std::move(shape), 0, 255);
  };
  for (const char* op : {"Relu", "Sigmoid", "Tanh", "HardSwish", "Exp", "Gelu", "Sin", "IsNaN"})
    check_threads([&] {
      OpRunner runner(op);
      runner.input(floats({3, 40'001}));
      return runner;
    });
  for (const Shape& other : {Shape{1, 60, 41, 37}, Shape{41, 1}, Shape{1, 60, 1, 1}, Shape{1}}) {
    check_threads([&] {
      OpRunner runner("Add");
      runner.input(floats({1, 60, 41, 37})).input(floats(other));
      return runner;
    });
    check_threads([&] {
      OpRunner runner("Less");
      runner.input(floats({1, 60, 41, 37})).input(floats(other));
      return runner;
    });
    check_threads([&] {
      OpRunner runner("Add");
      runner.input(integers({1, 60, 41, 37})).input(integers(other));
      return runner;
    });
    check_threads([&] {
      OpRunner runner("Where"), flags("Greater");
      flags.input(floats(other)).input(Tensor::scalar(0.0f));
      runner.input(flags.run1()).input(floats({1, 60, 41, 37})).input(Tensor::scalar(7.0f));
      return runner;
    });
    check_threads([&] {
      OpRunner runner("octavo.QMul");
      runner.input(integers({1, 60, 41, 37}))
          .input_qparams(test::u8_qparams(0.02f, 128))
          .input(integers(other))
          .input_qparams(test::u8_qparams(0.03f, 100))
          .output_qparams(test::u8_qparams(0.04f, 120));
      return runner;
    });
  }
  check_threads([&] {
    OpRunner runner("QuantizeLinear");
    runner.input(floats({2, 50'003}))
        .constant(Tensor::of<float>({}, {0.01f}))
        .constant(Tensor::of<uint8_t>({}, {7}));
    return runner;
  });
  check_threads([&] {
    OpRunner runner("DequantizeLinear");
    runner.input(integers({2, 50'003}))
        .constant(Tensor::of<float>({}, {0.01f}))
        .constant(Tensor::of<uint8_t>({}, {7}));
    return runner;
  });
  check_threads([&] {
    OpRunner runner("Transpose");
    runner.attr("perm", Ints{0, 2, 3, 1}).input(floats({1, 3, 150, 151}));
    return runner;
  });
  check_threads([&] {
    OpRunner runner("Softmax");
    runner.attr("axis", int64_t{1}).input(floats({64, 300, 7}));
    return runner;
  });
  for (const bool channels_last : {false, true}) {
    const Shape shape = channels_last ? Shape{1, 57, 60, 33} : Shape{1, 33, 57, 60};
    const auto pool = [&](const char* op) {
      OpRunner runner(op);
      runner.channels_last(channels_last)
          .attr("kernel_shape", Ints{3, 3})
          .attr("strides", Ints{2, 2})
          .attr("pads", Ints{1, 1, 1, 1});
      return runner;
    };
    for (const char* op : {"MaxPool", "AveragePool"})
      check_threads([&] {
        OpRunner runner = pool(op);
        runner.input(floats(shape));
        return runner;
      });
    check_threads([&] {
      OpRunner runner = pool("octavo.QAveragePool");
      runner.input(integers(shape))
          .input_qparams(test::u8_qparams(0.02f, 128))
          .output_qparams(test::u8_qparams(0.03f, 100));
      return runner;
    });
  }
}

TEST_CASE("Resize gives the same bits on any number of threads", "[ops][threads]") {
  for (const char* mode : {"nearest", "linear"})
    for (const Shape& shape : {Shape{1, 40, 40, 9}, Shape{7, 3, 40, 40}})
      check_threads([&] {
        OpRunner runner("Resize");
        runner.attr("mode", mode).input(test::iota<float>(shape)).absent();
        runner.input(Tensor::of<float>({4}, {1, 1.5f, 0.7f, 2}));
        return runner;
      });
}

TEST_CASE("ConvTranspose gives the same bits on any number of threads", "[ops][threads]") {
  test::Random random(9);
  const Tensor x = random.floats({1, 40, 40, 16}), w = random.floats({16, 24, 3, 3});
  const auto copy = [](const Tensor& t) { return Tensor::of<float>(t.shape(), t.span<float>()); };
  check_threads([&] {
    OpRunner runner("ConvTranspose");
    runner.channels_last().attr("strides", Ints{2, 2}).input(copy(x)).constant(copy(w));
    return runner;
  });
}

TEST_CASE("Recurrent networks on integers give the same bits on any number of threads", "[ops][threads]") {
  for (const int64_t batch : {1, 37})
    for (const Granularity granularity : {Granularity::row, Granularity::tensor})
      check_threads([&] {
        test::Random random(9);
        const QParams qparams{.scale = {0.01f}, .zero_point = {3}, .qmin = -128, .qmax = 127};
        OpRunner runner("octavo.DynamicQGRU");
        runner.notes({.granularity = granularity}).input(random.floats({5, batch, 70}));
        runner.constant(random.integers<int8_t>({1, 600, 70}, -127, 127)).input_qparams(qparams);
        runner.constant(random.integers<int8_t>({1, 600, 200}, -127, 127)).input_qparams(qparams);
        return runner;
      });
}

}  // namespace octavo
