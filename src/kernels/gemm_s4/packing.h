// How the weights of gemm_s4 lie in memory, for those who write and read it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace octavo::kernels {

/// A panel is 16 columns, a record of it a block of k: 16 scales (f32), 16 pairs of s16, and for each eight k four
/// vectors of four columns. A pair is what the activations' pair (a_zero_point - 128, Σ (a - 128)) is multiplied with:
///   Σ (a - a_zero_point)·(u - z) = Σ (a - 128)·u - (a_zero_point - 128) · Σ (u - z) - z · Σ (a - 128),
/// so -Σ (u - z) and -z, of the integers u = 0..15 as they are stored and their zero point z.
struct PackingS4 {
  static constexpr ptrdiff_t scales = 0, pairs = 64, nibbles = 128;
  ptrdiff_t record_bytes, panel_bytes;

  PackingS4(int block, int blocks)
      : record_bytes(nibbles + ptrdiff_t(block) * 8), panel_bytes(record_bytes * blocks) {}
};

}  // namespace octavo::kernels
