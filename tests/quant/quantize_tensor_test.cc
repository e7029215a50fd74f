#include "quant/quantize_tensor.h"

#include <catch2/catch_test_macros.hpp>

#include <limits>

#include "support/op_runner.h"

using namespace octavo;
using namespace octavo::test;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

}  // namespace

TEST_CASE("ties round to the even integer before the zero_point is added") {
  const Tensor x = Tensor::of<float>({6}, {-2.5f, -1.5f, -0.5f, 0.5f, 1.5f, 2.5f});
  const Tensor q = quantize_tensor(x.view(), {.scale = {1}, .zero_point = {3}}, DType::u8);
  CHECK(values<uint8_t>(q) == std::vector<uint8_t>{1, 1, 3, 3, 5, 5});
}

TEST_CASE("the quotient is a division and not a product with the inverse") {
  // 0.45f / 0.1f is 4.5 in float32, a tie; times 1 / 0.1f it would be the same or above it.
  const float x = 0.45f, scale = 0.1f;
  REQUIRE(x / scale == 4.5f);
  const Tensor q =
      quantize_tensor(Tensor::of<float>({1}, {x}).view(), {.scale = {scale}, .zero_point = {0}}, DType::u8);
  CHECK(values<uint8_t>(q) == std::vector<uint8_t>{4});
}

TEST_CASE("what is out of range saturates to qmin and qmax, NaN is the zero_point") {
  const Tensor x = Tensor::of<float>({5}, {-1000, 1000, kInfinity, -kInfinity, kNan});
  CHECK(values<uint8_t>(quantize_tensor(x.view(), {.scale = {1}, .zero_point = {9}}, DType::u8)) ==
        std::vector<uint8_t>{0, 255, 255, 0, 9});
  CHECK(values<uint8_t>(quantize_tensor(x.view(), {.scale = {1}, .zero_point = {9}, .qmax = 127},
                                        DType::u8)) == std::vector<uint8_t>{0, 127, 127, 0, 9});
  CHECK(values<int8_t>(quantize_tensor(x.view(), {.scale = {1}, .zero_point = {0}, .qmin = -127, .qmax = 127},
                                       DType::s8)) == std::vector<int8_t>{-127, 127, 127, -127, 0});
  const QParams s32{.scale = {1}, .zero_point = {0}, .qmin = INT32_MIN, .qmax = INT32_MAX};
  const Tensor large = Tensor::of<float>({3}, {3e9f, -3e9f, 16777217.0f});
  CHECK(values<int32_t>(quantize_tensor(large.view(), s32, DType::s32)) ==
        std::vector<int32_t>{INT32_MAX, INT32_MIN, 16777216});
}

TEST_CASE("each index along the axis has its own scale and zero_point") {
  const Tensor x = Tensor::of<float>({2, 3, 2}, {1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4});
  const QParams qparams{.scale = {1, 0.5f, 0.25f}, .zero_point = {0, 10, 20}, .axis = 1};
  CHECK(values<uint8_t>(quantize_tensor(x.view(), qparams, DType::u8)) ==
        std::vector<uint8_t>{1, 2, 12, 14, 24, 28, 3, 4, 16, 18, 32, 36});
}
