#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

namespace {

std::vector<float> window(std::string_view op, int64_t size, bool periodic) {
  return values<float>(OpRunner(op).attr("periodic", periodic ? 1 : 0).constant(Tensor::scalar(size)).run1());
}

bool near(const std::vector<float>& a, const std::vector<float>& b) {
  return std::ranges::equal(a, b, [](float x, float y) { return std::abs(x - y) < 2e-6f; });
}

}  // namespace

TEST_CASE(
    "Windows, symmetric ones as NumPy's and periodic ones without the last element of the next larger") {
  CHECK(near(window("HannWindow", 5, false), {0, 0.5f, 1, 0.5f, 0}));
  CHECK(near(window("HannWindow", 4, true), {0, 0.5f, 1, 0.5f}));
  CHECK(near(window("HammingWindow", 3, false), {4.0f / 46, 1, 4.0f / 46}));
  CHECK(near(window("BlackmanWindow", 5, false), {0, 0.34f, 1, 0.34f, 0}));
  CHECK(near(window("BlackmanWindow", 1, false), {1}));
  CHECK(window("HannWindow", 0, true).empty());
  const Tensor y =
      OpRunner("HannWindow").attr("output_datatype", 11).constant(Tensor::scalar<int32_t>(2)).run1();
  CHECK(values<double>(y) == std::vector<double>{0, 1});
  CHECK(*infer_op("HannWindow", {{DType::s64, Shape{}}})[0].shape == Shape{kDynamic});
  const Tensor negative = Tensor::scalar<int64_t>(-1);
  CHECK(error_of([&] { infer_op("HannWindow", {Operand::of(negative)}); }) == "InvalidGraph: input 0 is -1");
}

TEST_CASE("MelWeightMatrix has triangles of height 1, inside of the spectrum") {
  const auto mel = [](float upper) {
    return OpRunner("MelWeightMatrix")
        .constant(Tensor::scalar<int64_t>(8))
        .constant(Tensor::scalar<int64_t>(16))
        .input(Tensor::scalar<int64_t>(8192))
        .input(Tensor::scalar(0.0f))
        .input(Tensor::scalar(upper))
        .run1();
  };
  const Tensor y = mel(4096);
  REQUIRE(y.shape() == Shape{9, 8});
  for (float v : y.span<float>()) CHECK((v >= 0 && v <= 1));
  for (int bin = 0; bin < 8; ++bin) {
    float largest = 0;
    for (int line = 0; line < 9; ++line) largest = std::max(largest, y.span<float>()[line * 8 + bin]);
    CHECK(largest == 1);
  }
  CHECK(error_of([&] { mel(40960); }) == "InvalidInput: a frequency is outside of the spectrum");
  CHECK(error_of([&] { mel(std::nanf("")); }) == "InvalidInput: a frequency is outside of the spectrum");
}
