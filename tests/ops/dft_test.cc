// DFT and STFT against the sums that define them.
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <complex>
#include <numbers>

#include "support/close.h"
#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

namespace {

using Number = std::complex<double>;

std::vector<Number> transformed(const std::vector<Number>& x, double sign = -1) {
  const std::size_t n = x.size();
  std::vector<Number> y(n);
  for (std::size_t k = 0; k < n; ++k)
    for (std::size_t j = 0; j < n; ++j)
      y[k] += x[j] * std::polar(1.0, sign * 2 * std::numbers::pi * double(j * k % n) / double(n));
  return y;
}

std::vector<Number> wavy(int64_t n) {
  std::vector<Number> x;
  for (int64_t i = 0; i < n; ++i)
    x.emplace_back(float(std::sin(1.7 * double(i))), float(std::cos(double(i * i % 31))));
  return x;
}

Tensor tensor_of(const std::vector<Number>& x, Shape shape) {
  Tensor y(DType::f32, std::move(shape));
  for (std::size_t i = 0; i < x.size(); ++i) {
    y.span<float>()[2 * i] = float(x[i].real());
    y.span<float>()[2 * i + 1] = float(x[i].imag());
  }
  return y;
}

}  // namespace

TEST_CASE("DFT of every kind of length, and back") {
  for (int64_t n : {1, 2, 3, 4, 6, 25, 64, 100, 255, 257, 514, 521}) {
    CAPTURE(n);
    const Shape shape{1, n, 2};
    const Tensor y = OpRunner("DFT").input(tensor_of(wavy(n), shape)).run1();
    check_close(y, tensor_of(transformed(wavy(n)), shape), 1e-6f);
    const Tensor back = OpRunner("DFT").attr("inverse", 1).input(Tensor::copy_of(y.view())).run1();
    check_close(back, tensor_of(wavy(n), shape), 1e-6f);
  }
}

TEST_CASE("DFT along an axis, of real numbers, padded and cut, one-sided") {
  const Tensor x = iota<float>({3, 4, 1});
  for (int64_t length : {2, 3, 5})
    for (int onesided : {0, 1}) {
      CAPTURE(length, onesided);
      const Tensor y = OpRunner("DFT")
                           .attr("onesided", onesided)
                           .input(Tensor::copy_of(x.view()))
                           .constant(Tensor::scalar<int64_t>(length))
                           .constant(Tensor::scalar<int64_t>(-3))
                           .run1();
      const int64_t bins = onesided ? length / 2 + 1 : length;
      REQUIRE(y.shape() == Shape{bins, 4, 2});
      for (int64_t column = 0; column < 4; ++column) {
        std::vector<Number> line(length);
        for (int64_t i = 0; i < std::min<int64_t>(length, 3); ++i) line[i] = x.span<float>()[i * 4 + column];
        const auto expected = transformed(line);
        for (int64_t k = 0; k < bins; ++k) {
          CHECK(std::abs(y.span<float>()[(k * 4 + column) * 2] - expected[k].real()) < 1e-4);
          CHECK(std::abs(y.span<float>()[(k * 4 + column) * 2 + 1] - expected[k].imag()) < 1e-4);
        }
      }
    }
}

TEST_CASE("DFT infers what it can and refuses the rest") {
  const Operand x{DType::f32, Shape{kDynamic, 6, 1}};
  CHECK(*infer_op("DFT", {x})[0].shape == Shape{kDynamic, 6, 2});
  CHECK(*infer_op("DFT", {x, {DType::s64, Shape{}}})[0].shape == Shape{kDynamic, kDynamic, 2});
  CHECK(*infer_op("DFT", {x, {}, {DType::s64, Shape{}}})[0].shape == Shape{kDynamic, kDynamic, kDynamic});
  const Tensor zero = Tensor::scalar<int64_t>(0), last = Tensor::scalar<int64_t>(2);
  CHECK(error_of([&] { infer_op("DFT", {x, Operand::of(zero)}); }) == "InvalidGraph: dft_length is 0");
  CHECK(error_of([&] { infer_op("DFT", {x, {}, Operand::of(last)}); }) ==
        "InvalidGraph: axis 2 of [?,6,1] is that of complex numbers");
  CHECK(error_of([&] { infer_op("DFT", {{DType::f32, Shape{2, 3}}}); }) ==
        "InvalidGraph: the numbers of [2,3] have neither one part nor two");
}

TEST_CASE("STFT transforms frames, each times the window") {
  const Tensor signal = iota<float>({2, 11, 1}), window = Tensor::of<float>({4}, {0.5f, 1, 1, 0.25f});
  for (int onesided : {0, 1}) {
    const Tensor y = OpRunner("STFT")
                         .attr("onesided", onesided)
                         .input(Tensor::copy_of(signal.view()))
                         .constant(Tensor::scalar<int64_t>(3))
                         .input(Tensor::copy_of(window.view()))
                         .run1();
    const int64_t bins = onesided ? 3 : 4;
    REQUIRE(y.shape() == Shape{2, 3, bins, 2});
    for (int64_t batch = 0; batch < 2; ++batch)
      for (int64_t frame = 0; frame < 3; ++frame) {
        std::vector<Number> line(4);
        for (int64_t i = 0; i < 4; ++i)
          line[i] = signal.span<float>()[batch * 11 + frame * 3 + i] * window.span<float>()[i];
        const auto expected = transformed(line);
        for (int64_t k = 0; k < bins; ++k) {
          const float* const at = &y.span<float>()[((batch * 3 + frame) * bins + k) * 2];
          CHECK(std::abs(at[0] - expected[k].real()) < 1e-4);
          CHECK(std::abs(at[1] - expected[k].imag()) < 1e-4);
        }
      }
  }
}

TEST_CASE("STFT of a length, of too short a signal, and what it refuses") {
  const auto infer = [](Shape signal, int64_t step, int64_t length) {
    const Tensor frame_step = Tensor::scalar(step), frame_length = Tensor::scalar(length);
    return *infer_op("STFT",
                     {{DType::f32, signal}, Operand::of(frame_step), {}, Operand::of(frame_length)})[0]
                .shape;
  };
  CHECK(infer({1, 16, 1}, 4, 8) == Shape{1, 3, 5, 2});
  CHECK(infer({1, 7, 1}, 4, 8) == Shape{1, 0, 5, 2});
  CHECK(infer({1, kDynamic, 1}, 4, 8) == Shape{1, kDynamic, 5, 2});
  CHECK(error_of([&] { infer({1, 16, 1}, 0, 8); }) == "InvalidGraph: frame_step is 0");
  CHECK(error_of([&] { infer({1, 16, 1}, 1, -1); }) == "InvalidGraph: frame_length is -1");
  CHECK(error_of([&] { infer({1, 16}, 1, 8); }).starts_with("InvalidGraph: signal [1,16]"));
}
