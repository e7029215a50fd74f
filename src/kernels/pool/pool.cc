#include "kernels/pool/pool.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "kernels/eltwise/binary.h"
#include "kernels/quantize/rounding.h"
#include "kernels/vectors.h"

namespace octavo::kernels {

namespace {

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Calls window(output pixel, padded count) for each output, after tap(input pixel) for each of its elements and
// begin() before them. Pixels are counted over the whole batch.
template <class Begin, class Tap, class End>
void for_each_window(const PoolGeometry& g, Begin begin, Tap tap, End end) {
  int64_t output = 0;
  for (int64_t image = 0; image < g.n; ++image) {
    const int64_t base = image * g.input_pixels();
    for (int64_t o0 = 0; o0 < g.axes[0].out; ++o0) {
      const PoolTaps t0(g.axes[0], o0);
      for (int64_t o1 = 0; o1 < g.axes[1].out; ++o1) {
        const PoolTaps t1(g.axes[1], o1);
        for (int64_t o2 = 0; o2 < g.axes[2].out; ++o2, ++output) {
          const PoolTaps t2(g.axes[2], o2);
          begin(output);
          for (int64_t i = t0.first_tap; i < t0.end_tap; ++i) {
            const int64_t plane = base + (t0.start + i * g.axes[0].dilation) * g.axes[1].in * g.axes[2].in;
            for (int64_t j = t1.first_tap; j < t1.end_tap; ++j) {
              const int64_t row = plane + (t1.start + j * g.axes[1].dilation) * g.axes[2].in + t2.start;
              for (int64_t k = t2.first_tap; k < t2.end_tap; ++k) tap(row + k * g.axes[2].dilation);
            }
          }
          end(output, t0.count() * t1.count() * t2.count(), t0.padded * t1.padded * t2.padded);
        }
      }
    }
  }
}

// sums[i] += x[i].
void add_bytes(const uint8_t* x, size_t n, int32_t* sums) {
  size_t i = 0;
#if OCTAVO_SIMD
  for (; i + 8 <= n; i += 8) {
    const v128_t eight = wasm_u16x8_load8x8(x + i);
    wasm_v128_store(sums + i, wasm_i32x4_add(wasm_v128_load(sums + i), wasm_u32x4_extend_low_u16x8(eight)));
    wasm_v128_store(sums + i + 4,
                    wasm_i32x4_add(wasm_v128_load(sums + i + 4), wasm_u32x4_extend_high_u16x8(eight)));
  }
#endif
  for (; i < n; ++i) sums[i] += x[i];
}

}  // namespace

PoolTaps::PoolTaps(const PoolAxis& axis, int64_t output) {
  start = output * axis.stride - axis.pad_begin;
  first_tap = start < 0 ? ceil_div(-start, axis.dilation) : 0;
  end_tap = start < axis.in ? std::min(axis.kernel, ceil_div(axis.in - start, axis.dilation)) : 0;
  first_tap = std::min(first_tap, end_tap);
  padded = std::min(axis.kernel, ceil_div(axis.in + axis.pad_end - start, axis.dilation));
}

template <class T> void max_pool(const PoolGeometry& g, const T* in, T* out) {
  constexpr T lowest = std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity()
                                                            : std::numeric_limits<T>::lowest();
  const auto channels = static_cast<size_t>(g.c);
  T* best = out;
  for_each_window(
      g,
      [&](int64_t output) {
        best = out + output * g.c;
        std::fill_n(best, channels, lowest);
      },
      [&](int64_t pixel) { map(channels, best, larger<Vector<T>>, Run<T>{best}, Run<T>{in + pixel * g.c}); },
      [](int64_t, int64_t, int64_t) {});
}

template void max_pool(const PoolGeometry&, const float*, float*);
template void max_pool(const PoolGeometry&, const uint8_t*, uint8_t*);
template void max_pool(const PoolGeometry&, const int8_t*, int8_t*);

void average_pool(const PoolGeometry& g, const float* in, float* out, bool count_padding, float lo,
                  float hi) {
  const auto channels = static_cast<size_t>(g.c);
  float* sum = out;
  for_each_window(
      g,
      [&](int64_t output) {
        sum = out + output * g.c;
        std::fill_n(sum, channels, 0.0f);
      },
      [&](int64_t pixel) {
        map(channels, sum, std::plus<>(), Run<float>{sum}, Run<float>{in + pixel * g.c});
      },
      [&](int64_t, int64_t elements, int64_t padded) {
        const float count = static_cast<float>(std::max<int64_t>(count_padding ? padded : elements, 1));
        const auto finish = [=](Vector<float> v) { return clamp_between(v / count, splat(lo), splat(hi)); };
        map(channels, sum, finish, Run<float>{sum});
      });
}

void lp_pool(const PoolGeometry& g, const float* in, float* out, float p) {
  const auto channels = static_cast<size_t>(g.c);
  float* sum = out;
  for_each_window(
      g,
      [&](int64_t output) {
        sum = out + output * g.c;
        std::fill_n(sum, channels, 0.0f);
      },
      [&](int64_t pixel) {
        const float* const x = in + pixel * g.c;
        for (size_t c = 0; c < channels; ++c)
          sum[c] += p == 2   ? x[c] * x[c]
                    : p == 1 ? std::abs(x[c])
                             : static_cast<float>(power(std::abs(x[c]), p));
      },
      [&](int64_t, int64_t, int64_t) {
        for (size_t c = 0; c < channels; ++c)
          sum[c] = p == 2 ? std::sqrt(sum[c]) : static_cast<float>(power(sum[c], 1.0 / p));
      });
}

void average_pool(const PoolGeometry& g, const uint8_t* in, uint8_t* out, const AveragePoolU8& p) {
  int32_t* const sums = p.sums;
  for_each_window(
      g, [&](int64_t) { std::fill_n(sums, g.c, 0); },
      [&](int64_t pixel) { add_bytes(in + pixel * g.c, static_cast<size_t>(g.c), sums); },
      [&](int64_t output, int64_t elements, int64_t padded) {
        const float count = static_cast<float>(std::max<int64_t>(p.count_padding ? padded : elements, 1));
        const float multiplier = p.scale_ratio / count;
        const int32_t zeros = static_cast<int32_t>(elements) * p.in_zero_point;
        uint8_t* const y = out + output * g.c;
        for (int64_t c = 0; c < g.c; ++c)
          y[c] = static_cast<uint8_t>(round_and_clamp(static_cast<float>(sums[c] - zeros) * multiplier,
                                                      p.out_zero_point, p.qmin, p.qmax));
      });
}

}  // namespace octavo::kernels
