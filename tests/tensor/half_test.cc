#include "tensor/half.h"

#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <limits>

using namespace octavo;

namespace {

uint16_t half_bits(float x) { return Float16(x).bits; }

}  // namespace

TEST_CASE("every float16 is a float32 that becomes the same float16") {
  for (uint32_t bits = 0; bits <= 0xFFFF; ++bits) {
    Float16 half;
    half.bits = static_cast<uint16_t>(bits);
    const auto value = static_cast<float>(half);
    if (std::isnan(value))
      CHECK(std::isnan(static_cast<float>(Float16(value))));
    else
      REQUIRE(Float16(value).bits == bits);
  }
}

TEST_CASE("float16 is the nearest one, ties to even") {
  CHECK(half_bits(1.0f) == 0x3C00);
  CHECK(half_bits(-2.0f) == 0xC000);
  CHECK(half_bits(1.0f + 0x1p-11f) == 0x3C00);             // a tie
  CHECK(half_bits(1.0f + 0x3p-11f) == 0x3C02);             // another
  CHECK(half_bits(1.0f + 0x1p-11f + 0x1p-20f) == 0x3C01);  // above the tie
  CHECK(half_bits(65504.0f) == 0x7BFF);
  CHECK(half_bits(65519.0f) == 0x7BFF);
  CHECK(half_bits(65520.0f) == 0x7C00);
  CHECK(half_bits(-std::numeric_limits<float>::infinity()) == 0xFC00);
  CHECK(half_bits(0x1p-24f) == 0x0001);
  CHECK(half_bits(0x1p-25f) == 0x0000);  // a tie with 0
  CHECK(half_bits(0x1.8p-25f) == 0x0001);
  CHECK(half_bits(0x1.ffcp-15f) == 0x0400);  // the largest subnormal is 0x1.ff8p-15
  CHECK(half_bits(-0.0f) == 0x8000);
}

TEST_CASE("bfloat16 is the upper half of a float32, to the nearest") {
  CHECK(BFloat16(1.0f).bits == 0x3F80);
  CHECK(BFloat16(1.0f + 0x1p-8f).bits == 0x3F80);  // a tie
  CHECK(BFloat16(1.0f + 0x3p-8f).bits == 0x3F82);
  CHECK(static_cast<float>(BFloat16(-3.0f)) == -3.0f);
  CHECK(std::isnan(static_cast<float>(BFloat16(std::numeric_limits<float>::quiet_NaN()))));
  CHECK(std::isinf(static_cast<float>(BFloat16(std::numeric_limits<float>::max()))));
}
