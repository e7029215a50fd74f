// The epilogues over vectors of four columns, for the tiles. Each class holds the parameters of 4·Nv columns; columns
// past `count` read as zero and are not stored.
#pragma once

#include <cstring>

#include "base/simd.h"
#include "kernels/epilogue.h"

#if OCTAVO_SIMD

namespace octavo::kernels {

/// lanes[0..count) of `source` (null reads as zeros) as Nv vectors.
template <int Nv, class T>
inline void load_columns(const T* source, int count, v128_t (&vectors)[Nv]) {
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

/// Stores the first `count` of 4·Nv floats.
template <int Nv>
inline void store_columns_f32(float* out, const v128_t (&values)[Nv], int count) {
  if (count >= 4 * Nv) {
    for (int v = 0; v < Nv; ++v) wasm_v128_store(out + 4 * v, values[v]);
    return;
  }
  alignas(16) float padded[4 * Nv];
  for (int v = 0; v < Nv; ++v) wasm_v128_store(padded + 4 * v, values[v]);
  for (int i = 0; i < count; ++i) out[i] = padded[i];
}

/// min(max(x, lo), hi) with one instruction each; NaN passes through.
inline v128_t clamp_f32x4(v128_t x, v128_t lo, v128_t hi) { return wasm_f32x4_pmin(wasm_f32x4_pmax(x, lo), hi); }

template <int Nv>
class RequantizeTile {
 public:
  RequantizeTile(const RequantizeU8& e, const int32_t* /*column_sum*/, int n, int count)
      : out_(e.out + n), ldc_(e.ldc), count_(count) {
    load_columns<Nv>(e.bias + n, count, bias_);
    load_columns<Nv>(e.multiplier + n, count, multiplier_);
    lo_ = wasm_f32x4_splat(float(e.qmin - e.zero_point));
    hi_ = wasm_f32x4_splat(float(e.qmax - e.zero_point));
    unbias_ = wasm_i32x4_splat(0x4B400000 - e.zero_point);
  }

  /// What the accumulators of the columns start with, given what the packing wants.
  v128_t start(int v, v128_t acc_start) const { return wasm_i32x4_add(acc_start, bias_[v]); }

  void store(int row, const v128_t (&acc)[Nv]) const {
    v128_t q[Nv];
    for (int v = 0; v < Nv; ++v) q[v] = requantize(acc[v], multiplier_[v]);
    uint8_t* out = out_ + row * ldc_;
    if constexpr (Nv == 2) {
      const v128_t bytes = narrow(q[0], q[1], q[0], q[1]);
      if (count_ >= 8) {
        wasm_v128_store64_lane(out, bytes, 0);
      } else {
        alignas(16) uint8_t padded[16];
        wasm_v128_store(padded, bytes);
        for (int i = 0; i < count_; ++i) out[i] = padded[i];
      }
    } else if constexpr (Nv == 1) {
      store_lane<0>(out, narrow(q[0], q[0], q[0], q[0]));
    } else {
      static_assert(Nv % 4 == 0);
      for (int v = 0; v < Nv; v += 4) wasm_v128_store(out + 4 * v, narrow(q[v], q[v + 1], q[v + 2], q[v + 3]));
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
    store_lane<0>(out, bytes);
    store_lane<1>(out + ldc_, bytes);
    store_lane<2>(out + 2 * ldc_, bytes);
    store_lane<3>(out + 3 * ldc_, bytes);
  }

 private:
  template <int Lane>
  void store_lane(uint8_t* out, v128_t bytes) const {
    if (count_ >= 4) {
      wasm_v128_store32_lane(out, bytes, Lane);
    } else {
      const auto four = static_cast<uint32_t>(wasm_i32x4_extract_lane(bytes, Lane));
      for (int i = 0; i < count_; ++i) out[i] = static_cast<uint8_t>(four >> (8 * i));
    }
  }

  /// Clamping before rounding gives the same integer, as the bounds are integers. Adding 1.5·2^23 rounds half to even
  /// and leaves the integer in the low bits of the float.
  v128_t requantize(v128_t acc, v128_t multiplier) const {
    const v128_t scaled = clamp_f32x4(wasm_f32x4_mul(wasm_f32x4_convert_i32x4(acc), multiplier), lo_, hi_);
    return wasm_i32x4_sub(wasm_f32x4_add(scaled, wasm_f32x4_splat(12582912.0f)), unbias_);
  }

  static v128_t narrow(v128_t a, v128_t b, v128_t c, v128_t d) {
    return wasm_u8x16_narrow_i16x8(wasm_i16x8_narrow_i32x4(a, b), wasm_i16x8_narrow_i32x4(c, d));
  }

  uint8_t* out_;
  ptrdiff_t ldc_;
  int count_;
  v128_t bias_[Nv], multiplier_[Nv], lo_, hi_, unbias_;
};

template <int Nv>
class DequantizeTile {
 public:
  DequantizeTile(const DequantizeF32& e, const int32_t* column_sum, int n, int count)
      : e_(e), out_(e.out + n), count_(count) {
    load_columns<Nv>(column_sum + n, count, column_sum_);
    load_columns<Nv>(e.w_scale + n, count, scale_);
    load_columns<Nv>(e.bias ? e.bias + n : nullptr, count, bias_);
  }

  v128_t start(int /*v*/, v128_t acc_start) const { return acc_start; }

  void store(int row, const v128_t (&acc)[Nv]) const {
    const v128_t zero_point = wasm_i32x4_splat(e_.a_zero_point[row * e_.row_param_stride]);
    const v128_t a_scale = wasm_f32x4_splat(e_.a_scale[row * e_.row_param_stride]);
    const v128_t lo = wasm_f32x4_splat(e_.lo), hi = wasm_f32x4_splat(e_.hi);
    v128_t values[Nv];
    for (int v = 0; v < Nv; ++v) {
      const v128_t centred = wasm_i32x4_sub(acc[v], wasm_i32x4_mul(zero_point, column_sum_[v]));
      const v128_t scaled = wasm_f32x4_mul(wasm_f32x4_convert_i32x4(centred), wasm_f32x4_mul(a_scale, scale_[v]));
      values[v] = clamp_f32x4(wasm_f32x4_add(scaled, bias_[v]), lo, hi);
    }
    store_columns_f32<Nv>(out_ + row * e_.ldc, values, count_);
  }

  void store_four(int row, const v128_t (&acc)[4]) const
    requires(Nv == 1)
  {
    for (int r = 0; r < 4; ++r) store(row + r, {acc[r]});
  }

 private:
  const DequantizeF32& e_;
  float* out_;
  int count_;
  v128_t column_sum_[Nv], scale_[Nv], bias_[Nv];
};

template <int Nv>
class BiasClampTile {
 public:
  BiasClampTile(const BiasClampF32& e, const int32_t* /*column_sum*/, int n, int count)
      : out_(e.out + n), ldc_(e.ldc), count_(count) {
    load_columns<Nv>(e.bias ? e.bias + n : nullptr, count, bias_);
    lo_ = wasm_f32x4_splat(e.lo);
    hi_ = wasm_f32x4_splat(e.hi);
  }

  v128_t start(int v, v128_t /*acc_start*/) const { return bias_[v]; }

  void store(int row, const v128_t (&acc)[Nv]) const {
    v128_t values[Nv];
    for (int v = 0; v < Nv; ++v) values[v] = clamp_f32x4(acc[v], lo_, hi_);
    store_columns_f32<Nv>(out_ + row * ldc_, values, count_);
  }

 private:
  float* out_;
  ptrdiff_t ldc_;
  int count_;
  v128_t bias_[Nv], lo_, hi_;
};

/// The tile class of an epilogue.
template <class Epilogue, int Nv>
struct EpilogueTile;
template <int Nv>
struct EpilogueTile<RequantizeU8, Nv> {
  using type = RequantizeTile<Nv>;
};
template <int Nv>
struct EpilogueTile<DequantizeF32, Nv> {
  using type = DequantizeTile<Nv>;
};
template <int Nv>
struct EpilogueTile<BiasClampF32, Nv> {
  using type = BiasClampTile<Nv>;
};

}  // namespace octavo::kernels

#endif
