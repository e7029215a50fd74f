#include "kernels/eltwise_s8/eltwise_s8.h"

#include <bit>

#include "base/simd.h"
#include "kernels/joined_rows.h"
#include "kernels/quantize/rounding.h"
#include "kernels/vectors.h"

namespace octavo::kernels {

namespace {

// The functions on differences from the zero points, of four elements or, in scalar builds, of one.
struct Add {
#if OCTAVO_SIMD
  static v128_t of(v128_t a, v128_t b, v128_t a_multiplier, v128_t b_multiplier) {
    return wasm_f32x4_add(wasm_f32x4_mul(wasm_f32x4_convert_i32x4(a), a_multiplier),
                          wasm_f32x4_mul(wasm_f32x4_convert_i32x4(b), b_multiplier));
  }
#else
  static float of(const EltwiseU8& p, int32_t a, int32_t b) {
    return static_cast<float>(a) * p.a_multiplier + static_cast<float>(b) * p.b_multiplier;
  }
#endif
};

struct Mul {
#if OCTAVO_SIMD
  static v128_t of(v128_t a, v128_t b, v128_t multiplier, v128_t /*unused*/) {
    return wasm_f32x4_mul(wasm_f32x4_convert_i32x4(wasm_i32x4_mul(a, b)), multiplier);
  }
#else
  static float of(const EltwiseU8& p, int32_t a, int32_t b) {
    return static_cast<float>(a * b) * p.a_multiplier;
  }
#endif
};

#if OCTAVO_SIMD

// Sixteen bytes as differences from a zero point, widened to 16 bits.
struct Differences {
  v128_t low, high;

  Differences(v128_t bytes, v128_t zero_point)
      : low(wasm_i16x8_sub(wasm_u16x8_extend_low_u8x16(bytes), zero_point)),
        high(wasm_i16x8_sub(wasm_u16x8_extend_high_u8x16(bytes), zero_point)) {}
};

// The equation for sixteen elements; its constants are made once for all rows.
template <class Function> class Sixteen {
 public:
  explicit Sixteen(const EltwiseU8& p)
      : a_zero_(wasm_i16x8_splat(static_cast<int16_t>(p.a_zero_point))),
        b_zero_(wasm_i16x8_splat(static_cast<int16_t>(p.b_zero_point))),
        a_multiplier_(wasm_f32x4_splat(p.a_multiplier)),
        b_multiplier_(wasm_f32x4_splat(p.b_multiplier)),
        lo_(wasm_f32x4_splat(float(p.qmin - p.out_zero_point))),
        hi_(wasm_f32x4_splat(float(p.qmax - p.out_zero_point))),
        unbias_(wasm_i32x4_splat(0x4B400000 - p.out_zero_point)) {}

  Vector<uint8_t> operator()(Vector<uint8_t> a, Vector<uint8_t> b) const {
    const Differences x(std::bit_cast<v128_t>(a), a_zero_), y(std::bit_cast<v128_t>(b), b_zero_);
    return std::bit_cast<Vector<uint8_t>>(
        wasm_u8x16_narrow_i16x8(compute8(x.low, y.low), compute8(x.high, y.high)));
  }

 private:
  v128_t compute8(v128_t x, v128_t y) const {
    return wasm_i16x8_narrow_i32x4(
        compute4(wasm_i32x4_extend_low_i16x8(x), wasm_i32x4_extend_low_i16x8(y)),
        compute4(wasm_i32x4_extend_high_i16x8(x), wasm_i32x4_extend_high_i16x8(y)));
  }
  v128_t compute4(v128_t x, v128_t y) const {
    v128_t value = Function::of(x, y, a_multiplier_, b_multiplier_);
    value = wasm_f32x4_pmin(wasm_f32x4_pmax(value, lo_), hi_);
    // See round_half_even.
    return wasm_i32x4_sub(wasm_f32x4_add(value, wasm_f32x4_splat(12582912.0f)), unbias_);
  }

  v128_t a_zero_, b_zero_, a_multiplier_, b_multiplier_, lo_, hi_, unbias_;
};
template <class Function> using Equation = Sixteen<Function>;

#else

// The equation for one element.
template <class Function> class One {
 public:
  explicit One(const EltwiseU8& p) : p_(p) {}
  uint8_t operator()(uint8_t a, uint8_t b) const {
    const float value = Function::of(p_, a - p_.a_zero_point, b - p_.b_zero_point);
    return static_cast<uint8_t>(round_and_clamp(value, p_.out_zero_point, p_.qmin, p_.qmax));
  }

 private:
  EltwiseU8 p_;
};
template <class Function> using Equation = One<Function>;

#endif

template <class Function>
void run(const EltwiseU8& p, const StridedBox<3>& box, const uint8_t* a, const uint8_t* b, uint8_t* out) {
  const Equation<Function> equation(p);
  const auto bytes = [](const uint8_t* data) {
    return reinterpret_cast<std::byte*>(const_cast<uint8_t*>(data));
  };
  for_each_joined_row(
      box, {bytes(a), bytes(b), bytes(out)}, [&](const auto& at, int64_t n, const auto& steps) {
        const auto u8 = [](const std::byte* data) { return reinterpret_cast<const uint8_t*>(data); };
        const Operand<uint8_t> x(u8(at[0]), steps[0] != 0), y(u8(at[1]), steps[1] != 0);
        map(static_cast<size_t>(n), reinterpret_cast<uint8_t*>(at[2]), equation, x, y);
      });
}

}  // namespace

void add_u8(const EltwiseU8& p, const StridedBox<3>& box, const uint8_t* a, const uint8_t* b, uint8_t* out) {
  run<Add>(p, box, a, b, out);
}

void mul_u8(const EltwiseU8& p, const StridedBox<3>& box, const uint8_t* a, const uint8_t* b, uint8_t* out) {
  run<Mul>(p, box, a, b, out);
}

}  // namespace octavo::kernels
