// The tiles of gemm_s4. Dot is the instruction: mr, parts (vectors of integers in one of nibbles),
// multiply_add(acc, a, b) with four bytes of A splat over a, and, where `narrow` is not 0, widen(acc): its accumulators
// are s16 that have room for `narrow` k.
//
// A vector of nibbles has four columns of eight k: part j of it is (v >> 4j) & 0x0F0F…, bytes of four k and bytes of
// the next four, or & 0x000F…, words of the k 0 and 2, 4 and 6, 1 and 3, 5 and 7: the order that the rows of A have.
#pragma once

#include <algorithm>
#include <cstring>

#include "base/simd.h"
#include "kernels/gemm_s4/gemm_s4.h"
#include "kernels/gemm_s4/packing.h"

#if OCTAVO_SIMD

namespace octavo::kernels {

/// Vectors that the inner loop does not need, where there are more than fifteen: compilers look through no such
/// reference, and in locals engines would spill others than these.
inline void keep_in_memory(void* p) { asm volatile("" : : "r"(p) : "memory"); }

/// Nibbles of eight columns as the vectors that a tile loads.
inline void unpack_columns(const char* records, const PackingS4& packing, int block, int blocks, int parts,
                           char* out) {
  const v128_t mask = parts == 2 ? wasm_i8x16_splat(15) : wasm_i16x8_splat(15);
  for (int i = 0; i < blocks; ++i, records += packing.record_bytes) {
    const char* from = records + packing.nibbles;
    for (int k = 0; k < block; k += 8, from += 64)
      for (int part = 0; part < parts; ++part, out += 32)
        for (int v = 0; v < 32; v += 16)
          wasm_v128_store(out + v,
                          wasm_v128_and(wasm_u16x8_shr(wasm_v128_load(from + v), uint32_t(4 * part)), mask));
  }
}

/// Mr×(4·Nv) sums over all blocks. Integers are read from `columns`, unpacked, or from the records.
template <class Dot, int Mr, int Nv, bool unpacked>
inline void run_s4_tile(const Dot& dot, const PackedGemmS4& b, const char* record, const char* columns,
                        const char* (&rows)[Mr], float (&sums)[Mr][4 * Nv]) {
  const int blocks = b.blocks(), block = b.block;
  const PackingS4 packing(block, blocks);
  const int chunk = Dot::narrow ? std::min(block, Dot::narrow) : block;
  v128_t start[Mr][Nv], total[Mr][Nv];
  for (int m = 0; m < Mr; ++m)
    for (int v = 0; v < Nv; ++v) total[m][v] = wasm_f32x4_splat(0);
  for (int i = 0; i < blocks; ++i, record += packing.record_bytes) {
    if constexpr (Mr > 1) keep_in_memory(total);
    for (int m = 0; m < Mr; ++m) {
      const v128_t terms = wasm_v128_load32_splat(rows[m]);
      rows[m] += 4;
      for (int v = 0; v < Nv; ++v)
        start[m][v] = wasm_i32x4_dot_i16x8(wasm_v128_load(record + packing.pairs + 16 * v), terms);
    }
    if constexpr (Dot::narrow && Mr > 1) keep_in_memory(start);
    const char* from = record + packing.nibbles;
    for (int k = 0; k < block; k += chunk) {
      v128_t acc[Mr][Nv];
      for (int m = 0; m < Mr; ++m)
        for (int v = 0; v < Nv; ++v) acc[m][v] = Dot::narrow ? wasm_i32x4_splat(0) : start[m][v];
      if constexpr (unpacked) {
        const char* const end = columns + ptrdiff_t(chunk) * Dot::parts * 4;
#pragma clang loop unroll(disable)
        do {
          const v128_t low = wasm_v128_load(columns), high = wasm_v128_load(columns + 16);
#pragma clang loop unroll(full)
          for (int m = 0; m < Mr; ++m) {
            const v128_t a = wasm_v128_load32_splat(rows[m]);
            rows[m] += 4;
            acc[m][0] = dot.multiply_add(acc[m][0], a, low);
            acc[m][1] = dot.multiply_add(acc[m][1], a, high);
          }
          columns += 32;
        } while (columns != end);
      } else {
        const char* const end = from + ptrdiff_t(chunk) * 8;
#pragma clang loop unroll(disable)
        do {
          v128_t a[Dot::parts];
          for (int part = 0; part < Dot::parts; ++part) a[part] = wasm_v128_load32_splat(rows[0] + 4 * part);
          rows[0] += 4 * Dot::parts;
#pragma clang loop unroll(full)
          for (int v = 0; v < Nv; ++v) {
            const v128_t nibbles = wasm_v128_load(from + 16 * v);
            for (int part = 0; part < Dot::parts; ++part)
              acc[0][v] = dot.multiply_add(acc[0][v], a[part], dot.part(nibbles, part));
          }
          from += 64;
        } while (from != end);
      }
      if constexpr (Dot::narrow) {
        for (int m = 0; m < Mr; ++m)
          for (int v = 0; v < Nv; ++v) start[m][v] = wasm_i32x4_add(start[m][v], dot.widen(acc[m][v]));
        if constexpr (Mr > 1) keep_in_memory(start);
      } else {
        for (int m = 0; m < Mr; ++m)
          for (int v = 0; v < Nv; ++v) start[m][v] = acc[m][v];
      }
    }
    for (int v = 0; v < Nv; ++v) {
      const v128_t scale = wasm_v128_load(record + packing.scales + 16 * v);
      for (int m = 0; m < Mr; ++m)
        total[m][v] =
            wasm_f32x4_add(total[m][v], wasm_f32x4_mul(wasm_f32x4_convert_i32x4(start[m][v]), scale));
    }
  }
  std::memcpy(sums, total, sizeof sums);
}

template <class Dot>
void run_s4(const PackedGemmS4& b, const GemmS4Rows& a, float* out, ptrdiff_t ldc, char* scratch) {
  const Dot dot;
  const int blocks = b.blocks();
  const PackingS4 packing(b.block, blocks);
  const char* panel = b.panels;
  for (int n = 0; n < b.n; n += 16, panel += packing.panel_bytes) {
    if (a.m == 1) {
      const char* row[] = {a.first};
      float sums[1][16];
      run_s4_tile<Dot, 1, 4, false>(dot, b, panel, nullptr, row, sums);
      std::memcpy(out + n, sums, size_t(std::min(16, b.n - n)) * sizeof(float));
      continue;
    }
    for (int half = 0; half < 16 && n + half < b.n; half += 8) {
      unpack_columns(panel + 4 * half, packing, b.block, blocks, Dot::parts, scratch);
      const size_t bytes = size_t(std::min(8, b.n - n - half)) * sizeof(float);
      for (int row = 0; row < a.m; row += Dot::mr) {
        const char* rows[Dot::mr];
        for (int m = 0; m < Dot::mr; ++m) rows[m] = a.first + std::min(row + m, a.m - 1) * a.row_bytes;
        float sums[Dot::mr][8];
        run_s4_tile<Dot, Dot::mr, 2, true>(dot, b, panel + 4 * half, scratch, rows, sums);
        for (int m = 0; m < std::min(Dot::mr, a.m - row); ++m)
          std::memcpy(out + (row + m) * ldc + n + half, sums[m], bytes);
      }
    }
  }
}

}  // namespace octavo::kernels

#define OCTAVO_GEMM_S4_ROW(name, Dot)                                                                     \
  void name##_run(const PackedGemmS4& b, const GemmS4Rows& a, float* out, ptrdiff_t ldc, char* scratch) { \
    run_s4<Dot>(b, a, out, ldc, scratch);                                                                 \
  }

#endif
