#include "base/probe.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

using namespace octavo;

namespace {

int saturate_i16(int x) { return std::clamp(x, -32768, 32767); }
int keep(int x) { return x; }
int wrap_i16(int x) { return static_cast<int16_t>(x); }

/// A made-up engine: how it reads the second operand, and what it does to the sum of a pair and of a quad.
template <HighBit Reading, int (*Pair)(int), int (*Quad)(int)>
void dot(const DotProbeInput& input, int32_t (&out)[4]) {
  const auto b = [&](int i) {
    return Reading == HighBit::reads_signed ? int8_t(input.b[i]) : int(input.b[i]);
  };
  for (int lane = 0; lane < 4; ++lane) {
    int sum = 0;
    for (int i = 4 * lane; i < 4 * lane + 4; i += 2)
      sum += Pair(input.a[i] * b(i) + input.a[i + 1] * b(i + 1));
    out[lane] = input.c[lane] + Quad(sum);
  }
}

template <HighBit Reading, int (*Pair)(int)> void pair_dot(const DotProbeInput& input, int32_t (&out)[8]) {
  const auto b = [&](int i) {
    return Reading == HighBit::reads_signed ? int8_t(input.b[i]) : int(input.b[i]);
  };
  for (int lane = 0; lane < 8; ++lane) {
    const int i = 2 * lane;
    out[lane] = Pair(input.a[i] * b(i) + input.a[i + 1] * b(i + 1));
  }
}

constexpr HighBit as_unsigned = HighBit::reads_unsigned, as_signed = HighBit::reads_signed;

}  // namespace

TEST_CASE("the probe knows every behaviour of the dot product") {
  REQUIRE(probe_dot(dot<as_unsigned, keep, keep>) == DotBehaviour{as_unsigned, false});  // x86 with AVX-VNNI
  REQUIRE(probe_dot(dot<as_unsigned, saturate_i16, keep>) == DotBehaviour{as_unsigned, true});  // x86 without
  REQUIRE(probe_dot(dot<as_signed, keep, keep>) == DotBehaviour{as_signed, false});             // ARM SDOT
  REQUIRE(probe_dot(dot<as_signed, saturate_i16, keep>) == DotBehaviour{as_signed, true});
  REQUIRE(probe_dot(dot<as_signed, wrap_i16, keep>) == DotBehaviour{as_signed, true});
  REQUIRE(probe_dot(dot<as_unsigned, keep, saturate_i16>) == DotBehaviour{as_unsigned, true});
}

TEST_CASE("the probe trusts no dot product that it does not know") {
  const auto ignores_accumulator = [](const DotProbeInput& input, int32_t(&out)[4]) {
    DotProbeInput other = input;
    for (int32_t& lane : other.c) lane = 0;
    dot<as_unsigned, keep, keep>(other, out);
  };
  const auto high_bit_is_ignored = [](const DotProbeInput& input, int32_t(&out)[4]) {
    DotProbeInput other = input;
    for (uint8_t& lane : other.b) lane &= 127;
    dot<as_unsigned, keep, keep>(other, out);
  };
  const auto one_lane_is_off = [](const DotProbeInput& input, int32_t(&out)[4]) {
    dot<as_unsigned, keep, keep>(input, out);
    ++out[3];
  };
  REQUIRE(probe_dot(ignores_accumulator) == DotBehaviour{HighBit::unknown, true});
  REQUIRE(probe_dot(high_bit_is_ignored) == DotBehaviour{HighBit::unknown, true});
  REQUIRE(probe_dot(one_lane_is_off) == DotBehaviour{HighBit::unknown, true});
}

TEST_CASE("the probe knows every behaviour of the pair dot product") {
  REQUIRE(probe_pair_dot(pair_dot<as_unsigned, saturate_i16>) == as_unsigned);
  REQUIRE(probe_pair_dot(pair_dot<as_unsigned, wrap_i16>) == as_unsigned);
  REQUIRE(probe_pair_dot(pair_dot<as_signed, saturate_i16>) == as_signed);
  REQUIRE(probe_pair_dot(pair_dot<as_signed, wrap_i16>) == as_signed);
  const auto broken = [](const DotProbeInput&, int32_t(&out)[8]) { std::fill_n(out, 8, 0); };
  REQUIRE(probe_pair_dot(broken) == HighBit::unknown);
}

TEST_CASE("this engine's facts are consistent") {
  const IsaFacts facts = probe_isa();
  REQUIRE(facts == isa_facts());
  REQUIRE(facts.isa == compiled_isa());
  if (facts.isa < Isa::relaxed) {
    REQUIRE(facts.dot_high_bit == HighBit::unknown);
    REQUIRE(facts.dot_saturates);
    REQUIRE(facts.pair_dot_high_bit == HighBit::unknown);
  } else {
    REQUIRE(facts.pair_dot_high_bit != HighBit::unknown);
  }
#ifndef __wasm__
  if (facts.isa == Isa::relaxed) {  // what base/simd.h defines
    REQUIRE(facts.dot_high_bit == HighBit::reads_unsigned);
    REQUIRE(facts.dot_saturates);
    REQUIRE(facts.pair_dot_high_bit == HighBit::reads_unsigned);
  }
#endif
}
