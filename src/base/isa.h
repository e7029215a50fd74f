// What this build was compiled for and what the engine under it really does.
#pragma once

#include <cstdint>

namespace octavo {

/// Instruction sets a kernel may need; each one includes those before it.
enum class Isa : uint8_t { scalar, simd128, relaxed };

/// How a relaxed dot product reads its second operand ("i7") when the high bit is set. The specification leaves it
/// open: x86 reads unsigned, ARM signed. `unknown` is any other answer; no kernel may then rely on it.
enum class HighBit : uint8_t { unknown, reads_unsigned, reads_signed };

/// Behaviour of the engine, found by `probe_isa`. Plain data, so that tests can make up engines.
struct IsaFacts {
  Isa isa = Isa::scalar;
  /// i32x4.relaxed_dot_i8x16_i7x16_add_s: sign of the second operand, and whether sums of products saturate on the way.
  HighBit dot_high_bit = HighBit::unknown;
  bool dot_saturates = true;
  /// i16x8.relaxed_dot_i8x16_i7x16_s. Its result is an i16, so pair sums outside of i16 are never to be relied on.
  HighBit pair_dot_high_bit = HighBit::unknown;
  /// f32x4.relaxed_madd rounds once.
  bool madd_is_fused = false;

  bool operator==(const IsaFacts&) const = default;
};

/// The highest instruction set that this build contains.
Isa compiled_isa();

/// Runs the probe. A build without relaxed SIMD returns only `isa`.
IsaFacts probe_isa();

/// `probe_isa`, run once and kept.
const IsaFacts& isa_facts();

}  // namespace octavo
