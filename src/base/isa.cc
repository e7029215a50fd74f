#include "base/isa.h"

#include "base/probe.h"
#include "base/simd.h"

namespace octavo {

#if OCTAVO_RELAXED
namespace {

/// Loads through volatile, so that nothing is computed at compile time with the compiler's own choice.
v128_t opaque(const void* lanes) {
  alignas(16) uint8_t bytes[16];
  const volatile uint8_t* source = static_cast<const volatile uint8_t*>(lanes);
  for (int i = 0; i < 16; ++i) bytes[i] = source[i];
  return wasm_v128_load(bytes);
}

void run_dot(const DotProbeInput& input, int32_t (&out)[4]) {
  wasm_v128_store(out,
                  wasm_i32x4_relaxed_dot_i8x16_i7x16_add(opaque(input.a), opaque(input.b), opaque(input.c)));
}

void run_pair_dot(const DotProbeInput& input, int32_t (&out)[8]) {
  const v128_t sums = wasm_i16x8_relaxed_dot_i8x16_i7x16(opaque(input.a), opaque(input.b));
  wasm_v128_store(out, wasm_i32x4_extend_low_i16x8(sums));
  wasm_v128_store(out + 4, wasm_i32x4_extend_high_i16x8(sums));
}

/// (1 + 2^-12)² - 1 - 2^-11 is 2^-24 when rounded once and 0 when the square is rounded first.
bool madd_is_fused() {
  const float a[4] = {1 + 0x1p-12f, 1 + 0x1p-12f, 1 + 0x1p-12f, 1 + 0x1p-12f};
  const float c[4] = {-1 - 0x1p-11f, -1 - 0x1p-11f, -1 - 0x1p-11f, -1 - 0x1p-11f};
  float out[4];
  wasm_v128_store(out, wasm_f32x4_relaxed_madd(opaque(a), opaque(a), opaque(c)));
  return out[0] != 0;
}

}  // namespace
#endif

Isa compiled_isa() {
#if OCTAVO_RELAXED
  return Isa::relaxed;
#elif OCTAVO_SIMD
  return Isa::simd128;
#else
  return Isa::scalar;
#endif
}

IsaFacts probe_isa() {
  IsaFacts facts;
  facts.isa = compiled_isa();
#if OCTAVO_RELAXED
  const DotBehaviour dot = probe_dot(run_dot);
  facts.dot_high_bit = dot.high_bit;
  facts.dot_saturates = dot.saturates;
  facts.pair_dot_high_bit = probe_pair_dot(run_pair_dot);
  facts.madd_is_fused = madd_is_fused();
#endif
  return facts;
}

const IsaFacts& isa_facts() {
  static const IsaFacts facts = probe_isa();
  return facts;
}

}  // namespace octavo
