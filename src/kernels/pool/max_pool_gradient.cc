#include <cstring>

#include "kernels/pool/pool.h"
#include "kernels/vectors.h"

namespace octavo::kernels {

namespace {

// The input pixels of a window.
struct PixelsOfWindow {
  const PoolAxis &a0, &a1, &a2;
  const PoolTaps &t0, &t1, &t2;

  bool empty() const { return t0.count() <= 0 || t1.count() <= 0 || t2.count() <= 0; }
  int64_t pixel(int64_t i, int64_t j, int64_t k) const {
    return ((t0.start + i * a0.dilation) * a1.in + t1.start + j * a1.dilation) * a2.in + t2.start +
           k * a2.dilation;
  }
  int64_t first() const { return pixel(t0.first_tap, t1.first_tap, t2.first_tap); }
  template <class F> void for_each(F f) const {
    for (int64_t i = t0.first_tap; i < t0.end_tap; ++i)
      for (int64_t j = t1.first_tap; j < t1.end_tap; ++j)
        for (int64_t k = t2.first_tap; k < t2.end_tap; ++k) f(pixel(i, j, k));
  }
};

template <class V> V read(const float* p) {
  V v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

// Of one window, the channels that V holds; pixels are `pitch` elements apart. `adds`: to what other windows gave.
template <class V, class Places>
void give_to_largest(const PixelsOfWindow& window, V dy, const float* in, float* dx, int64_t pitch,
                     bool adds) {
  V largest = read<V>(in + window.first() * pitch);
  Places place = Places{} + static_cast<int32_t>(window.first());
  window.for_each([&](int64_t pixel) {
    const V x = read<V>(in + pixel * pitch);
    place = select(x > largest, Places{} + static_cast<int32_t>(pixel), place);
    largest = select(x > largest, x, largest);
  });
  window.for_each([&](int64_t pixel) {
    float* const to = dx + pixel * pitch;
    V given = select(place == Places{} + static_cast<int32_t>(pixel), dy, V{});
    if (adds) given += read<V>(to);
    std::memcpy(to, &given, sizeof given);
  });
}

// Whether windows that are apart take pixel i.
bool takes(const PoolAxis& axis, int64_t i) {
  const int64_t at = i + axis.pad_begin;
  return at % axis.stride < axis.kernel && at / axis.stride < axis.out;
}

// Of an image whose windows are apart, the pixels that none of them takes.
void clear_others(const PoolGeometry& g, float* dx) {
  const auto& [a0, a1, a2] = g.axes;
  bool takes_rows = true;
  for (int64_t k = 0; k < a2.in; ++k) takes_rows &= takes(a2, k);
  const auto clear = [&](int64_t pixel, int64_t count) {
    std::memset(dx + pixel * g.c, 0, static_cast<size_t>(count * g.c) * sizeof(float));
  };
  for (int64_t i = 0; i < a0.in; ++i)
    for (int64_t j = 0; j < a1.in; ++j) {
      const int64_t row = (i * a1.in + j) * a2.in;
      if (!takes(a0, i) || !takes(a1, j))
        clear(row, a2.in);
      else
        for (int64_t k = 0; k < a2.in && !takes_rows; ++k)
          if (!takes(a2, k)) clear(row + k, 1);
    }
}

}  // namespace

bool has_windows_apart(const PoolGeometry& g) {
  for (const PoolAxis& axis : g.axes)
    if (axis.dilation != 1 || axis.kernel > axis.stride) return false;
  return true;
}

void max_pool_gradient(const PoolGeometry& g, const float* in, const float* dy, float* dx) {
  const auto& [a0, a1, a2] = g.axes;
  const int64_t image = g.input_pixels() * g.c;
  constexpr auto step = static_cast<int64_t>(lanes<float>);
  const bool apart = has_windows_apart(g);
  if (!apart) std::memset(dx, 0, static_cast<size_t>(g.n * image) * sizeof(float));
  for (int64_t n = 0; n < g.n; ++n, in += image, dx += image) {
    for (int64_t o0 = 0; o0 < a0.out; ++o0) {
      const PoolTaps t0(a0, o0);
      for (int64_t o1 = 0; o1 < a1.out; ++o1) {
        const PoolTaps t1(a1, o1);
        for (int64_t o2 = 0; o2 < a2.out; ++o2, dy += g.c) {
          const PoolTaps t2(a2, o2);
          const PixelsOfWindow window{a0, a1, a2, t0, t1, t2};
          if (window.empty()) continue;
          int64_t c = 0;
          for (; c + step <= g.c; c += step)
            give_to_largest<Vector<float>, Vector<int32_t>>(window, load(dy + c), in + c, dx + c, g.c,
                                                            !apart);
          for (; c < g.c; ++c) give_to_largest<float, int32_t>(window, dy[c], in + c, dx + c, g.c, !apart);
        }
      }
    }
    if (apart) clear_others(g, dx);
  }
}

}  // namespace octavo::kernels
