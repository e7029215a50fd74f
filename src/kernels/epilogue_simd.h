// The epilogues over vectors of four columns, for the tiles. Each class is made of an epilogue that begins at the
// tile's first column (see shifted) and holds the parameters of 4·Nv columns, of which `count` exist: parameters of the
// others read as zero. Stores write all 4·Nv columns; where fewer exist, the caller lets the epilogue write to a
// scratch.
#pragma once

#include <cstring>

#include "base/simd.h"
#include "kernels/epilogue.h"

#if OCTAVO_SIMD

namespace octavo::kernels {

/// lanes[0..count) of `source` (null reads as zeros) as Nv vectors.
template <int Nv, class T> inline void load_columns(const T* source, int count, v128_t (&vectors)[Nv]) {
  static_assert(sizeof(T) == 4);
  if (source && count >= 4 * Nv) {
    for (int v = 0; v < Nv; ++v) vectors[v] = wasm_v128_load(source + 4 * v);
    return;
  }
  alignas(16) T padded[4 * Nv] = {};
  if (source) {
    for (int i = 0; i < count; ++i) padded[i] = source[i];
  }
  for (int v = 0; v < Nv; ++v) vectors[v] = wasm_v128_load(padded + 4 * v);
}

/// min(max(x, lo), hi) with one instruction each; NaN passes through.
inline v128_t clamp_f32x4(v128_t x, v128_t lo, v128_t hi) {
  return wasm_f32x4_pmin(wasm_f32x4_pmax(x, lo), hi);
}

template <int Nv> class RequantizeTile {
 public:
  static constexpr bool starts_at_zero = false;  ///< start() is always 0: a constant instead of a load
  static constexpr bool is_hot = true;           ///< worth code of its own for common shapes

  RequantizeTile(const RequantizeU8& e, const int32_t* /*column_sum*/, int count) : out_(e.out), ldc_(e.ldc) {
    load_columns<Nv>(e.bias, count, bias_);
    load_columns<Nv>(e.multiplier, count, multiplier_);
    lo_ = wasm_f32x4_splat(float(e.qmin - e.zero_point));
    qmax_ = wasm_i8x16_splat(static_cast<int8_t>(e.qmax));
    unbias_ = wasm_i32x4_splat(0x4B400000 - e.zero_point);
    round_ = wasm_f32x4_splat(12582912.0f);
  }

  /// What the accumulators of the columns start with, given what the packing wants.
  v128_t start(int v, v128_t acc_start) const { return wasm_i32x4_add(acc_start, bias_[v]); }

  /// Two rows, which may be the same, narrowed together.
  void store_two(int row_a, int row_b, const v128_t (&a)[Nv], const v128_t (&b)[Nv]) const
    requires(Nv == 2)
  {
    const v128_t bytes = narrow(requantize(a[0], multiplier_[0]), requantize(a[1], multiplier_[1]),
                                requantize(b[0], multiplier_[0]), requantize(b[1], multiplier_[1]));
    wasm_v128_store64_lane(out_ + row_a * ldc_, bytes, 0);
    wasm_v128_store64_lane(out_ + row_b * ldc_, bytes, 1);
  }

  void store(int row, const v128_t (&acc)[Nv]) const {
    v128_t q[Nv];
    for (int v = 0; v < Nv; ++v) q[v] = requantize(acc[v], multiplier_[v]);
    uint8_t* out = out_ + row * ldc_;
    if constexpr (Nv == 2) {
      wasm_v128_store64_lane(out, narrow(q[0], q[1], q[0], q[1]), 0);
    } else if constexpr (Nv == 1) {
      wasm_v128_store32_lane(out, narrow(q[0], q[0], q[0], q[0]), 0);
    } else {
      static_assert(Nv % 4 == 0);
      for (int v = 0; v < Nv; v += 4)
        wasm_v128_store(out + 4 * v, narrow(q[v], q[v + 1], q[v + 2], q[v + 3]));
    }
  }

  /// Four rows of four columns.
  void store_four(int row, const v128_t (&acc)[4]) const
    requires(Nv == 1)
  {
    v128_t q[4];
    for (int r = 0; r < 4; ++r) q[r] = requantize(acc[r], multiplier_[0]);
    const v128_t bytes = narrow(q[0], q[1], q[2], q[3]);
    uint8_t* out = out_ + row * ldc_;
    wasm_v128_store32_lane(out, bytes, 0);
    wasm_v128_store32_lane(out + ldc_, bytes, 1);
    wasm_v128_store32_lane(out + 2 * ldc_, bytes, 2);
    wasm_v128_store32_lane(out + 3 * ldc_, bytes, 3);
  }

 private:
  /// Adding 1.5·2^23 rounds half to even and leaves the integer in the low bits of the float. Below, the value is
  /// clamped first, which gives the same integer, as the bound is one. Above, no clamp is needed: the bits of a float
  /// grow with it, up to infinity, so that what does not fit saturates when it is narrowed.
  v128_t requantize(v128_t acc, v128_t multiplier) const {
    const v128_t scaled = wasm_f32x4_pmax(wasm_f32x4_mul(wasm_f32x4_convert_i32x4(acc), multiplier), lo_);
    return wasm_i32x4_sub(wasm_f32x4_add(scaled, round_), unbias_);
  }

  v128_t narrow(v128_t a, v128_t b, v128_t c, v128_t d) const {
    const v128_t bytes =
        wasm_u8x16_narrow_i16x8(wasm_i16x8_narrow_i32x4(a, b), wasm_i16x8_narrow_i32x4(c, d));
    return wasm_u8x16_min(bytes, qmax_);
  }

  uint8_t* out_;
  ptrdiff_t ldc_;
  v128_t bias_[Nv], multiplier_[Nv], lo_, qmax_, unbias_, round_;
};

template <int Nv> class DequantizeTile {
 public:
  static constexpr bool starts_at_zero = false;  ///< start() is always 0: a constant instead of a load
  static constexpr bool is_hot = false;

  DequantizeTile(const DequantizeF32& e, const int32_t* column_sum, int count) : e_(e) {
    load_columns<Nv>(column_sum, count, column_sum_);
    load_columns<Nv>(e.w_scale, count, scale_);
    load_columns<Nv>(e.bias, count, bias_);
    load_columns<Nv>(e.w_zero_point, count, w_zero_point_);
    if (e.row_param_stride != 0) return;
    for (int v = 0; v < Nv; ++v) {
      column_sum_[v] = wasm_i32x4_mul(column_sum_[v], wasm_i32x4_splat(*e.a_zero_point));
      scale_[v] = wasm_f32x4_mul(scale_[v], wasm_f32x4_splat(*e.a_scale));
    }
  }

  v128_t start(int /*v*/, v128_t acc_start) const { return acc_start; }

  void store(int row, const v128_t (&acc)[Nv]) const { store_two(row, row, acc, acc); }

  /// Two rows, which may be the same. Out of line: the tiles of every row share it, and where it runs a product by a
  /// whole matrix came before.
  [[gnu::noinline]] void store_two(int row_a, int row_b, const v128_t (&a)[Nv], const v128_t (&b)[Nv]) const {
    const v128_t lo = wasm_f32x4_splat(e_.lo), hi = wasm_f32x4_splat(e_.hi);
    store_row(row_a, a, lo, hi);
    if (row_b != row_a) store_row(row_b, b, lo, hi);
  }

  void store_four(int row, const v128_t (&acc)[4]) const
    requires(Nv == 1)
  {
    for (int r = 0; r < 4; ++r) store(row + r, {acc[r]});
  }

 private:
  void store_row(int row, const v128_t (&acc)[Nv], v128_t lo, v128_t hi) const {
    float* out = e_.out + row * e_.ldc;
    for (int v = 0; v < Nv; ++v) {
      v128_t offset = column_sum_[v], scale = scale_[v];
      if (e_.row_param_stride != 0) {
        offset = wasm_i32x4_mul(offset, wasm_i32x4_splat(e_.a_zero_point[row]));
        scale = wasm_f32x4_mul(scale, wasm_f32x4_splat(e_.a_scale[row]));
      }
      v128_t centred = wasm_i32x4_sub(acc[v], offset);
      if (e_.w_zero_point) {
        const v128_t a_sum = wasm_i32x4_splat(e_.a_sum[row]);
        centred = wasm_i32x4_sub(centred, wasm_i32x4_mul(a_sum, w_zero_point_[v]));
      }
      const v128_t scaled = wasm_f32x4_mul(wasm_f32x4_convert_i32x4(centred), scale);
      wasm_v128_store(out + 4 * v, clamp_f32x4(wasm_f32x4_add(scaled, bias_[v]), lo, hi));
    }
  }

  DequantizeF32 e_;
  v128_t bias_[Nv], w_zero_point_[Nv];
  v128_t column_sum_[Nv], scale_[Nv];  ///< times a_zero_point and a_scale, where they are of the whole tensor
};

template <int Nv> class BiasClampTile {
 public:
  static constexpr bool starts_at_zero = true;

  BiasClampTile(const BiasClampF32& e, const int32_t* /*column_sum*/, int count) : out_(e.out), ldc_(e.ldc) {
    load_columns<Nv>(e.bias, count, bias_);
    lo_ = wasm_f32x4_splat(e.lo);
    hi_ = wasm_f32x4_splat(e.hi);
  }

  /// Zero: small products added to a large bias one by one would be lost.
  v128_t start(int /*v*/, v128_t acc_start) const { return acc_start; }

  void store(int row, const v128_t (&acc)[Nv]) const {
    for (int v = 0; v < Nv; ++v)
      wasm_v128_store(out_ + row * ldc_ + 4 * v, clamp_f32x4(wasm_f32x4_add(acc[v], bias_[v]), lo_, hi_));
  }
  void store_two(int row_a, int row_b, const v128_t (&a)[Nv], const v128_t (&b)[Nv]) const {
    store(row_a, a);
    store(row_b, b);
  }

 private:
  float* out_;
  ptrdiff_t ldc_;
  v128_t bias_[Nv], lo_, hi_;
};

/// Lets `e` write `rows` rows to `scratch`, row by row `columns` wide, and `copy` them to where they belong.
template <class Epilogue, class Element, int Columns> struct Redirected {
  Epilogue to_scratch;
  Element* out;
  ptrdiff_t ldc;
  Element* scratch;

  Redirected(const Epilogue& e, Element* scratch) : to_scratch(e), out(e.out), ldc(e.ldc), scratch(scratch) {
    to_scratch.out = scratch;
    to_scratch.ldc = Columns;
  }
  void copy(int rows, int count) const {
    for (int row = 0; row < rows; ++row) {
      for (int i = 0; i < count; ++i) out[row * ldc + i] = scratch[row * Columns + i];
    }
  }
};

/// The tile class of an epilogue.
template <class Epilogue, int Nv> struct EpilogueTile;
template <int Nv> struct EpilogueTile<RequantizeU8, Nv> {
  using type = RequantizeTile<Nv>;
};
template <int Nv> struct EpilogueTile<DequantizeF32, Nv> {
  using type = DequantizeTile<Nv>;
};
template <int Nv> struct EpilogueTile<BiasClampF32, Nv> {
  using type = BiasClampTile<Nv>;
};

}  // namespace octavo::kernels

#endif
