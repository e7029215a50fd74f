#include "kernels/eltwise/binary.h"

#include <cmath>
#include <functional>
#include <numbers>

#include "kernels/eltwise/unary.h"
#include "kernels/joined_rows.h"
#include "kernels/vectors.h"

namespace octavo::kernels {

namespace {

template <class F>
void row(const std::byte* a, const std::byte* b, std::byte* out, int64_t n, bool a_steps, bool b_steps) {
  const Operand<float> x(reinterpret_cast<const float*>(a), a_steps),
      y(reinterpret_cast<const float*>(b), b_steps);
  map(static_cast<size_t>(n), reinterpret_cast<float*>(out), F(), x, y);
}

// The same for comparisons.
template <class F>
void flag_row(const std::byte* a, const std::byte* b, std::byte* out, int64_t n, bool a_steps, bool b_steps) {
  const Operand<float> x_operand(reinterpret_cast<const float*>(a), a_steps),
      y_operand(reinterpret_cast<const float*>(b), b_steps);
  const auto x = x_operand.view(), y = y_operand.view();
  uint8_t* flags = reinterpret_cast<uint8_t*>(out);
  size_t i = 0;
  const size_t count = static_cast<size_t>(n);
#if OCTAVO_SIMD
  using Flags = uint8_t __attribute__((vector_size(lanes<float>)));
  for (; i + lanes<float> <= count; i += lanes<float>) {
    const auto mask = F()(load(x.data + (i & x.mask)), load(y.data + (i & y.mask)));
    const Flags four = __builtin_convertvector(mask, Flags) & 1;
    std::memcpy(flags + i, &four, sizeof four);
  }
#endif
  for (; i < count; ++i) flags[i] = F()(x.data[i & x.mask], y.data[i & y.mask]);
}

struct Max {
  template <class V> V operator()(V a, V b) const { return select(a != a, a, select(a > b, a, b)); }
};
struct Min {
  template <class V> V operator()(V a, V b) const { return select(a != a, a, select(a < b, a, b)); }
};
struct PRelu {
  template <class V> V operator()(V a, V b) const { return select(a < 0.0f, a * b, a); }
};

// a^b by squaring.
double integer_power(double a, int64_t b) {
  double result = 1;
  for (int64_t rest = b < 0 ? -b : b; rest > 0; rest >>= 1, a *= a)
    if (rest & 1) result *= a;
  return b < 0 ? 1 / result : result;
}

}  // namespace

double power(double a, double b) {
  const bool is_large = std::abs(b) >= 0x1p31, is_integer = b == std::trunc(b);
  if (is_integer && !is_large) return integer_power(a, static_cast<int64_t>(b));
  const bool is_negative = a < 0 && is_integer && std::isfinite(b) && std::trunc(b / 2) != b / 2;
  if (is_integer || std::isinf(a)) a = std::abs(a);
  if (a == 1) return is_negative ? -1 : 1;
  const double size = exponential(std::log10(a) * (b * std::numbers::ln10));
  return is_negative ? -size : size;
}

BinaryRow binary_row(BinaryOp op) {
  constexpr BinaryRow kRows[] = {nullptr,
                                 row<std::plus<>>,
                                 row<std::minus<>>,
                                 row<std::multiplies<>>,
                                 row<std::divides<>>,
                                 row<Max>,
                                 row<Min>,
                                 row<PRelu>,
                                 flag_row<std::equal_to<>>,
                                 flag_row<std::less<>>,
                                 flag_row<std::less_equal<>>};
  return kRows[static_cast<size_t>(op)];
}

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
