// The tile that every matrix product runs on, whatever its instruction.
//
// Rows of A are read four bytes a step (4 u8, 2 s16 or 1 f32 of k) and splat over a vector; B is packed in panels of
// eight columns, two vectors of four columns a step. An mr×8 tile keeps 2·mr accumulators, two vectors of B, one of A,
// and one of products unless the instruction adds by itself. V8 gives out fifteen registers and spills before they are
// full, so the tile is 6×8 for i32x4.relaxed_dot_add and f32x4.relaxed_madd, and 4×8 for all others. One step an
// iteration: unrolling over k spills too.
//
// The loop issues six instructions a cycle at best, so each one that does no arithmetic counts: a row's pointer, the
// pointer into B, and its comparison are all there is.
//
// Mac is the instruction: mr, b_bytes (of one vector of B in memory), load_b(p), multiply_add(acc, a, b).
#pragma once

#include <algorithm>
#include <type_traits>

#include "base/simd.h"
#include "kernels/epilogue_simd.h"

#if OCTAVO_SIMD

namespace octavo::kernels {

/// Packed B of at least one step, and where its accumulators start. `acc_start` (padded to 8 columns) and `column_sum`
/// may be null in float.
struct PackedPanels {
  const void* panels;
  int n, steps;
  const int32_t* acc_start;
  const int32_t* column_sum;
};

/// Mr×(4·Nv) outputs. `panel_bytes` is the distance of panels, of which a tile spans Nv / 2. Rows behind `last_row` are
/// copies of it: they are read again, and give the same outputs again.
template <class Mac, int Mr, int Nv, class EpilogueTile>
inline void run_tile(const Mac& mac, const char* a, ptrdiff_t row_bytes, int steps, const char* b,
                     ptrdiff_t panel_bytes, const v128_t (&start)[Nv], const EpilogueTile& epilogue, int row,
                     int last_row) {
  v128_t acc[Mr][Nv];
  const char* rows[Mr];
  for (int m = 0; m < Mr; ++m) {
    rows[m] = a + std::min(row + m, last_row) * row_bytes;
    for (int v = 0; v < Nv; ++v) acc[m][v] = EpilogueTile::starts_at_zero ? wasm_i32x4_splat(0) : start[v];
  }
  // At least one step: without a test in front, engines keep address arithmetic out of the loops around this one. The
  // pointer into B counts the steps: the loop is bound by the instructions that it issues.
  const char* const b_end = b + ptrdiff_t(steps) * 2 * Mac::b_bytes;
#pragma clang loop unroll(disable)
  do {
    v128_t weights[Nv];
#pragma clang loop unroll(full)
    for (int v = 0; v < Nv; ++v) weights[v] = Mac::load_b(b + (v / 2) * panel_bytes + (v % 2) * Mac::b_bytes);
#pragma clang loop unroll(full)
    for (int m = 0; m < Mr; ++m) {
      const v128_t activations = wasm_v128_load32_splat(rows[m]);
      rows[m] += 4;
#pragma clang loop unroll(full)
      for (int v = 0; v < Nv; ++v) acc[m][v] = mac.multiply_add(acc[m][v], activations, weights[v]);
    }
    b += 2 * Mac::b_bytes;
  } while (b != b_end);
  if constexpr (Mr == 1) {
    epilogue.store(row, acc[0]);
  } else {
    static_assert(Mr % 2 == 0);
    for (int m = 0; m < Mr; m += 2)
      epilogue.store_two(std::min(row + m, last_row), std::min(row + m + 1, last_row), acc[m], acc[m + 1]);
  }
}

/// The panels of 4·Nv columns.
struct PanelColumns {
  const char* first;
  ptrdiff_t panel_bytes;
  int steps;
};

/// Rows of A: the first m of them, `row_bytes` apart.
struct Rows {
  const char* first;
  ptrdiff_t row_bytes;
  int m;
};

/// All rows by the panels of 4·Nv columns. The epilogue stays in memory, behind a reference that the compiler cannot
/// look through: were its vectors in registers, engines would spill accumulators rather than them.
template <class Mac, int Nv, class Tile>
[[gnu::noinline]] void run_rows(const PanelColumns& b, const Rows& a, const v128_t (&start)[Nv],
                                const Tile& epilogue) {
  const Mac mac;
  const char *rows = a.first, *panel = b.first;
  const ptrdiff_t row_bytes = a.row_bytes, panel_bytes = b.panel_bytes;
  const int m = a.m, steps = b.steps;
  int row = 0;
  if constexpr (Nv == 2) {
    // What is left goes through a whole tile, unless it is a single row.
    for (; m - row > 1; row += Mac::mr)
      run_tile<Mac, Mac::mr, Nv>(mac, rows, row_bytes, steps, panel, panel_bytes, start, epilogue, row,
                                 m - 1);
  }
  for (; row < m; ++row)
    run_tile<Mac, 1, Nv>(mac, rows, row_bytes, steps, panel, panel_bytes, start, epilogue, row, row);
}

/// All m rows by the panels of the columns [n, n + 4·Nv). `e` begins at column n.
template <class Mac, int Nv, class Epilogue>
inline void run_columns(const PackedPanels& b, int n, const Rows& a, const Epilogue& e) {
  const ptrdiff_t panel_bytes = ptrdiff_t(b.steps) * 2 * Mac::b_bytes;
  const char* panel = static_cast<const char*>(b.panels) + (n / 8) * panel_bytes;
  const int32_t* column_sum = b.column_sum ? b.column_sum + n : nullptr;
  const typename EpilogueTile<Epilogue, Nv>::type epilogue(e, column_sum, std::min(4 * Nv, b.n - n));
  v128_t start[Nv];
  for (int v = 0; v < Nv; ++v) {
    const v128_t acc_start =
        b.acc_start ? wasm_v128_load(b.acc_start + n + 4 * v) : wasm_i32x4_const_splat(0);
    start[v] = epilogue.start(v, acc_start);
  }
  run_rows<Mac, Nv>({panel, panel_bytes, b.steps}, a, start, epilogue);
}

/// m rows by all columns. A single row takes 32 columns at a time: eight accumulators hide the latency that six rows
/// hide otherwise.
template <class Mac, class Epilogue>
void run_panels(const PackedPanels& b, const void* a, ptrdiff_t row_bytes, int m, const Epilogue& e) {
  const char* rows = static_cast<const char*>(a);
  int n = 0;
  if (m == 1) {
    for (; n + 32 <= b.n; n += 32) run_columns<Mac, 8>(b, n, {rows, row_bytes, m}, shifted(e, 0, n));
  }
  // A last panel with missing columns goes through a scratch, so that the tile has no branches.
  using Element = std::remove_pointer_t<decltype(e.out)>;
  constexpr int scratch_rows = 48;
  Element scratch[scratch_rows * 8];
  for (; n < b.n; n += 8) {
    const bool whole = n + 8 <= b.n;
    const int most = whole ? m : scratch_rows;
    for (int row = 0; row < m; row += most) {
      const int count = std::min(most, m - row);
      const Epilogue part = shifted(e, row, n);
      const Redirected<Epilogue, Element, 8> redirected(part, scratch);
      run_columns<Mac, 2>(b, n, {rows + row * row_bytes, row_bytes, count},
                          whole ? part : redirected.to_scratch);
      if (!whole) redirected.copy(count, b.n - n);
    }
  }
}

}  // namespace octavo::kernels

#endif
