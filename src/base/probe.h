// Finds out what a relaxed dot product does where the specification leaves it open. Written over "the instruction", so
// that a test can drive every branch with instructions of its own.
#pragma once

#include <cstdint>
#include <initializer_list>

#include "base/isa.h"

namespace octavo {

/// Sixteen 8-bit lanes of each operand that differ only from quad to quad; operand `a` is signed.
struct DotProbeInput {
  int8_t a[16];
  uint8_t b[16];
  int32_t c[4];
};

struct DotBehaviour {
  HighBit high_bit = HighBit::unknown;
  bool saturates = true;
  bool operator==(const DotBehaviour&) const = default;
};

namespace probe_detail {

/// Fills all quads with the same four lanes, and the accumulators with `c`.
inline DotProbeInput quads(const int (&a)[4], const int (&b)[4], int32_t c) {
  DotProbeInput input;
  for (int i = 0; i < 16; ++i) {
    input.a[i] = static_cast<int8_t>(a[i % 4]);
    input.b[i] = static_cast<uint8_t>(b[i % 4]);
  }
  for (int32_t& lane : input.c) lane = c;
  return input;
}

/// Σ a·b over the first `depth` lanes, `b` read as `high_bit` says.
inline int32_t exact_dot(const DotProbeInput& input, int depth, HighBit high_bit) {
  int32_t sum = 0;
  for (int i = 0; i < depth; ++i) {
    sum += input.a[i] *
           (high_bit == HighBit::reads_signed ? static_cast<int8_t>(input.b[i]) : int32_t{input.b[i]});
  }
  return sum;
}

/// Whether every lane of the instruction's answer is the exact one. `Lanes` results of `depth` products each.
template <int Lanes, class Instruction>
bool is_exact(Instruction&& dot, const DotProbeInput& input, HighBit high_bit) {
  constexpr int depth = 16 / Lanes;
  int32_t out[Lanes];
  dot(input, out);
  for (int lane = 0; lane < Lanes; ++lane) {
    const int32_t start = Lanes == 4 ? input.c[lane % 4] : 0;
    if (out[lane] != start + exact_dot(input, depth, high_bit)) return false;
  }
  return true;
}

}  // namespace probe_detail

/// Probes i32x4.relaxed_dot_i8x16_i7x16_add_s. `dot(const DotProbeInput&, int32_t (&out)[4])` runs the instruction on
/// operands that the compiler cannot see through.
template <class Instruction> DotBehaviour probe_dot(Instruction&& dot) {
  using namespace probe_detail;
  for (HighBit reading : {HighBit::reads_unsigned, HighBit::reads_signed}) {
    // No pair sum leaves i16, whatever the reading: only the sign of the high bit decides.
    const bool reads = is_exact<4>(dot, quads({1, 2, 3, 4}, {255, 128, 127, 200}, 1000), reading) &&
                       is_exact<4>(dot, quads({-1, 0, 0, -100}, {130, 255, 255, 129}, -7), reading);
    if (!reads) continue;
    // Pair sums at and beyond both ends of i16.
    const bool wide = is_exact<4>(dot, quads({127, 127, 127, 127}, {255, 255, 255, 255}, 5), reading) &&
                      is_exact<4>(dot, quads({-128, -128, -128, -128}, {255, 255, 255, 255}, 5), reading) &&
                      is_exact<4>(dot, quads({-128, -128, -128, -128}, {128, 128, 128, 128}, 5), reading) &&
                      is_exact<4>(dot, quads({127, 127, -128, -128}, {255, 255, 128, 255}, -5), reading) &&
                      is_exact<4>(dot, quads({127, 127, 127, 127}, {128, 128, 128, 128}, 0), reading);
    return {reading, !wide};
  }
  return {};
}

/// Probes i16x8.relaxed_dot_i8x16_i7x16_s, whose results are known to be of use only inside of i16.
/// `dot(const DotProbeInput&, int32_t (&out)[8])`, the lanes widened; `c` is not used.
template <class Instruction> HighBit probe_pair_dot(Instruction&& dot) {
  using namespace probe_detail;
  for (HighBit reading : {HighBit::reads_unsigned, HighBit::reads_signed}) {
    if (is_exact<8>(dot, quads({1, 2, 1, 2}, {255, 128, 255, 128}, 0), reading) &&
        is_exact<8>(dot, quads({64, 64, 64, 64}, {255, 255, 255, 255}, 0), reading) &&
        is_exact<8>(dot, quads({-64, -64, -64, -64}, {255, 255, 255, 255}, 0), reading) &&
        is_exact<8>(dot, quads({127, 1, 127, 1}, {255, 255, 255, 255}, 0), reading)) {
      return reading;
    }
  }
  return HighBit::unknown;
}

}  // namespace octavo
