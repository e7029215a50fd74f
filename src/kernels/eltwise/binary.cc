#include "kernels/eltwise/binary.h"

#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <type_traits>

#include "kernels/eltwise/unary.h"
#include "kernels/joined_rows.h"
#include "kernels/vectors.h"

namespace octavo::kernels {

namespace {

template <class T, class F>
void row(const std::byte* a, const std::byte* b, std::byte* out, int64_t n, bool a_steps, bool b_steps) {
  const Operand<T> x(reinterpret_cast<const T*>(a), a_steps), y(reinterpret_cast<const T*>(b), b_steps);
  map(static_cast<size_t>(n), reinterpret_cast<T*>(out), F(), x, y);
}

// The same for functions that are rarely called or slow by themselves: a loop over single elements, for its size.
template <class A, class B, class F>
void scalar_row(const std::byte* a_bytes, const std::byte* b_bytes, std::byte* out_bytes, int64_t n,
                bool a_steps, bool b_steps) {
  const A* a = reinterpret_cast<const A*>(a_bytes);
  const B* b = reinterpret_cast<const B*>(b_bytes);
  A* out = reinterpret_cast<A*>(out_bytes);
#pragma clang loop vectorize(disable) unroll(disable)
  for (int64_t i = 0; i < n; ++i, a += a_steps, b += b_steps) out[i] = F()(*a, *b);
}

// Integer arithmetic wraps around: in C++ only that of unsigned types does.
template <class T> using Wide = std::make_unsigned_t<T>;

template <class T> struct Add {
  T operator()(T a, T b) const { return static_cast<T>(static_cast<Wide<T>>(a) + static_cast<Wide<T>>(b)); }
};
template <class T> struct Sub {
  T operator()(T a, T b) const { return static_cast<T>(static_cast<Wide<T>>(a) - static_cast<Wide<T>>(b)); }
};
template <class T> struct Mul {
  T operator()(T a, T b) const { return static_cast<T>(static_cast<Wide<T>>(a) * static_cast<Wide<T>>(b)); }
};
template <class T> struct Div {
  T operator()(T a, T b) const {
    // The quotient of the least number and -1 is out of range: negation wraps around instead.
    if (b == 0) return 0;
    if (b == -1) return Sub<T>()(0, a);
    return a / b;
  }
};

template <class T> T from_double(double x) {
  if constexpr (std::is_same_v<T, float>) {
    return static_cast<float>(x);
  } else {
    // 2^31 and 2^63 are exact in float64, the largest T need not be.
    constexpr double kLimit = -static_cast<double>(std::numeric_limits<T>::min());
    if (x != x) return 0;
    if (x >= kLimit) return std::numeric_limits<T>::max();
    return x < -kLimit ? std::numeric_limits<T>::min() : static_cast<T>(x);
  }
}

// a^b by squaring.
template <class T, class Multiply> T raise(T a, uint64_t b, Multiply multiply) {
  T result = 1;
  for (; b > 0; b >>= 1, a = multiply(a, a))
    if (b & 1) result = multiply(result, a);
  return result;
}

// Integers of float64 stay exact.
[[gnu::noinline]] double integer_power(double a, int64_t b) {
  const uint64_t size = b < 0 ? -static_cast<uint64_t>(b) : static_cast<uint64_t>(b);
  const double power = raise(a, size, std::multiplies<>());
  return b < 0 ? 1 / power : power;
}

// a^b, rounded to float32 where b is no integer, with the special values of C's pow, which would take 2 KB.
[[gnu::noinline]] double power(double a, float b) {
  const bool is_large = std::abs(b) >= 0x1p31f;  // then it is even
  if (b == std::trunc(b) && !is_large) return integer_power(a, static_cast<int64_t>(b));
  if (is_large || std::isinf(a)) a = std::abs(a);
  if (a == 1) return 1;
  return static_cast<float>(exponential(std::log10(a) * (b * std::numbers::ln10)));
}

template <class Base, class Exponent> struct Pow {
  Base operator()(Base a, Exponent b) const {
    if constexpr (std::is_integral_v<Base> && std::is_integral_v<Exponent>) {
      if (b < 0) return a == 1 ? 1 : a == -1 ? (b % 2 ? -1 : 1) : 0;
      return raise(a, static_cast<uint64_t>(b), Mul<Base>());
    } else if constexpr (std::is_integral_v<Exponent>) {
      return from_double<Base>(integer_power(a, b));
    } else {
      return from_double<Base>(power(static_cast<double>(a), b));
    }
  }
};

}  // namespace

template <> BinaryRow binary_row<float>(BinaryOp op) {
  switch (op) {
    case BinaryOp::add: return row<float, std::plus<>>;
    case BinaryOp::sub: return row<float, std::minus<>>;
    case BinaryOp::mul: return row<float, std::multiplies<>>;
    case BinaryOp::div: break;
  }
  return row<float, std::divides<>>;
}

// Integers are shapes: a handful of elements.
template <class T> BinaryRow binary_row(BinaryOp op) {
  switch (op) {
    case BinaryOp::add: return scalar_row<T, T, Add<T>>;
    case BinaryOp::sub: return scalar_row<T, T, Sub<T>>;
    case BinaryOp::mul: return scalar_row<T, T, Mul<T>>;
    case BinaryOp::div: break;
  }
  return scalar_row<T, T, Div<T>>;
}

template BinaryRow binary_row<int32_t>(BinaryOp);
template BinaryRow binary_row<int64_t>(BinaryOp);

template <class Base, class Exponent> BinaryRow pow_row() {
  return scalar_row<Base, Exponent, Pow<Base, Exponent>>;
}

template BinaryRow pow_row<float, float>();
template BinaryRow pow_row<float, int32_t>();
template BinaryRow pow_row<float, int64_t>();
template BinaryRow pow_row<int32_t, float>();
template BinaryRow pow_row<int32_t, int32_t>();
template BinaryRow pow_row<int32_t, int64_t>();
template BinaryRow pow_row<int64_t, float>();
template BinaryRow pow_row<int64_t, int32_t>();
template BinaryRow pow_row<int64_t, int64_t>();

void binary(const StridedBox<3>& box, BinaryRow row, const void* a, const void* b, void* out,
            const Clamp* clamp) {
  const auto bytes = [](const void* p) { return static_cast<std::byte*>(const_cast<void*>(p)); };
  for_each_joined_row(box, {bytes(a), bytes(b), bytes(out)},
                      [&](const auto& p, int64_t n, const auto& steps) {
                        row(p[0], p[1], p[2], n, steps[0] != 0, steps[1] != 0);
                        if (clamp) {
                          float* values = reinterpret_cast<float*>(p[2]);
                          clip(values, values, n, clamp->lo, clamp->hi);
                        }
                      });
}

}  // namespace octavo::kernels
