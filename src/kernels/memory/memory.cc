// memcpy and memset of a WebAssembly module, sixteen bytes at a time. Those of the C library that -Oz links go byte by
// byte, which is slower than what most operators do with the bytes: rows that are joined, split, gathered and padded.
//
// Not optimized while linking, where calls of these names are made.
#include <cstddef>
#include <cstdint>

#include "base/simd.h"

#ifdef __wasm__

namespace {

using Byte = unsigned char;

// Sixteen bytes at most.
[[gnu::always_inline]] inline void copy_few(Byte* to, const Byte* from, size_t n) {
  if (n >= 8) {
    const v128_t head = wasm_v128_load64_zero(from), tail = wasm_v128_load64_zero(from + n - 8);
    wasm_v128_store64_lane(to, head, 0);
    wasm_v128_store64_lane(to + n - 8, tail, 0);
  } else if (n >= 4) {
    const v128_t head = wasm_v128_load32_zero(from), tail = wasm_v128_load32_zero(from + n - 4);
    wasm_v128_store32_lane(to, head, 0);
    wasm_v128_store32_lane(to + n - 4, tail, 0);
  } else {
    for (; n > 0; --n) *to++ = *from++;
  }
}

}  // namespace

extern "C" {

// The last sixteen bytes may be written twice.
[[clang::no_builtin("memcpy", "memmove")]] void* memcpy(void* __restrict to, const void* __restrict from,
                                                        size_t n) {
  auto* out = static_cast<Byte*>(to);
  const auto* in = static_cast<const Byte*>(from);
  if (n <= 16) {
    copy_few(out, in, n);
    return to;
  }
  const v128_t tail = wasm_v128_load(in + n - 16);
  Byte* const last = out + n - 16;
#pragma clang loop unroll_count(2)
  for (; out < last; out += 16, in += 16) wasm_v128_store(out, wasm_v128_load(in));
  wasm_v128_store(last, tail);
  return to;
}

[[clang::no_builtin("memset")]] void* memset(void* to, int value, size_t n) {
  auto* out = static_cast<Byte*>(to);
  if (n < 16) {
#pragma clang loop vectorize(disable) unroll(disable)
    for (; n > 0; --n) *out++ = static_cast<Byte>(value);
    return to;
  }
  const v128_t bytes = wasm_i8x16_splat(static_cast<int8_t>(value));
  Byte* const last = out + n - 16;
  for (; out < last; out += 16) wasm_v128_store(out, bytes);
  wasm_v128_store(last, bytes);
  return to;
}
}

#endif
