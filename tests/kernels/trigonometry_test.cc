#include "kernels/eltwise/trigonometry.h"

#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <random>

using namespace octavo::kernels;

namespace {

void check(double x) {
  INFO("x = " << x);
  CHECK(std::abs(sine(x) - std::sin(x)) <= 1e-15);
  CHECK(std::abs(cosine(x) - std::cos(x)) <= 1e-15);
  const double expected = std::tan(x);
  CHECK(std::abs(tangent(x) - expected) <= 4e-15 * std::max(1.0, expected * expected));
}

}  // namespace

TEST_CASE("Angles of a few turns and of many have the C library's sine, cosine and tangent") {
  for (int i = -100; i <= 100; ++i) {
    check(i * 0.1);
    check(i * 1.5707963267948966);  // near the zeros
    check(i * 12345.678);
  }
  std::mt19937_64 random(1);
  for (int exponent = -30; exponent < 53; ++exponent)
    for (int i = 0; i < 20; ++i)
      check(std::ldexp(1 + static_cast<double>(random()) * 0x1p-64, exponent) * (i % 2 ? 1 : -1));
}

TEST_CASE("Angles as large as float32 has them are reduced by all of pi that counts") {
  std::mt19937 random(1);
  for (int exponent = 53; exponent < 128; ++exponent)
    for (int i = 0; i < 20; ++i)
      check(std::ldexp(1 + static_cast<float>(random() >> 9) * 0x1p-23f, exponent) * (i % 2 ? 1 : -1));
  check(16367173 * 0x1p72);  // of all float32 one of the nearest to a multiple of pi/2
}

TEST_CASE("Zeros keep their sign, and what is no angle has no sine") {
  CHECK(std::signbit(sine(-0.0)));
  CHECK(std::signbit(tangent(-0.0)));
  CHECK(cosine(-0.0) == 1);
  for (const double x :
       {static_cast<double>(INFINITY), -static_cast<double>(INFINITY), static_cast<double>(NAN), 1e300})
    for (double (*const function)(double) : {sine, cosine, tangent}) CHECK(std::isnan(function(x)));
}
