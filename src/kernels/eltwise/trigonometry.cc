#include "kernels/eltwise/trigonometry.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace octavo::kernels {

namespace {

// x = quarter · π/2 + rest, |rest| ≤ π/4.
struct Angle {
  double rest;
  int64_t quarter;  // modulo 4
};

// π/2 in two parts, the first of 33 bits, so that small multiples of it are exact (W. J. Cody, W. Waite, 1980).
constexpr double kQuarter = 0x1.921fb544p0, kQuarterRest = 0x1.0b4611a626331p-34;
// What a turn is more than its float64.
constexpr double kTurn = 2 * std::numbers::pi, kTurnRest = 2.4492935982947064e-16;

Angle reduce_small(double x) {
  double rest = std::fmod(x, kTurn);
  rest -= std::rint((x - rest) / kTurn) * kTurnRest;
  const double quarter = std::rint(rest / kQuarter);
  return {rest - quarter * kQuarter - quarter * kQuarterRest, static_cast<int64_t>(quarter)};
}

// x from 2^53 on: 2/π to as many bits as a float32 asks for, of which those that make whole turns are left out
// (M. Payne, R. Hanek, 1983).
Angle reduce_large(float x) {
  constexpr uint32_t kTwoByPi[] = {0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0,
                                   0xdb629599, 0x3c439041, 0xfe5163ab};
  const auto bits = std::bit_cast<uint32_t>(x);
  const uint64_t mantissa = (bits & 0x7fffff) | 0x800000;
  const int first = static_cast<int>(bits >> 23 & 0xff) - 150 - 2;  // the bit of 2/π that counts two quarters
  const uint32_t* const words = kTwoByPi + first / 32;
  const auto pair = [&](int i) { return static_cast<uint64_t>(words[i]) << 32 | words[i + 1]; };
  const int shift = first % 32;
  const uint64_t high = pair(0) << shift | (pair(2) >> 32) >> (32 - shift);
  const uint64_t low = pair(2) << shift >> 32;
  const uint64_t quarters = mantissa * high + (mantissa * low >> 32);  // in units of 2^-62
  const uint64_t quarter = (quarters + (uint64_t{1} << 61)) >> 62;
  const auto fraction = static_cast<int64_t>(quarters - (quarter << 62));
  const double rest = static_cast<double>(fraction) * (0x1p-62 * std::numbers::pi / 2);
  return x < 0 ? Angle{-rest, -static_cast<int64_t>(quarter)} : Angle{rest, static_cast<int64_t>(quarter)};
}

Angle reduce(double x) {
  if (std::abs(x) < 0x1p53) return reduce_small(x);
  const auto single = static_cast<float>(x);
  return std::isfinite(single) ? reduce_large(single) : Angle{NAN, 0};
}

// 1 / (2 k)! and 1 / (2 k + 1)!, with the signs of the series.
template <int odd> constexpr auto series() {
  std::array<double, 9> terms{};
  double factorial = 1;
  for (int k = 0; k < 9; ++k) {
    terms[k] = (k % 2 == 0 ? 1 : -1) / factorial;
    factorial *= (2 * k + 1 + odd) * (2 * k + 2 + odd);
  }
  return terms;
}
constexpr auto kCosine = series<0>(), kSine = series<1>();

// sin(rest + quarter · π/2)
double sine_of(Angle angle) {
  const double z = angle.rest * angle.rest;
  const auto& terms = angle.quarter % 2 != 0 ? kCosine : kSine;
  double sum = 0;
  for (std::size_t k = terms.size(); k-- > 0;) sum = sum * z + terms[k];
  if (angle.quarter % 2 == 0) sum *= angle.rest;
  return (angle.quarter & 2) != 0 ? -sum : sum;
}

double cosine_of(Angle angle) { return sine_of({angle.rest, angle.quarter + 1}); }

}  // namespace

double sine(double x) { return x == 0 ? x : sine_of(reduce(x)); }

double cosine(double x) { return cosine_of(reduce(x)); }

double tangent(double x) {
  const Angle angle = reduce(x);
  return x == 0 ? x : sine_of(angle) / cosine_of(angle);
}

}  // namespace octavo::kernels
