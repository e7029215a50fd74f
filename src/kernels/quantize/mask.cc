#include "kernels/quantize/mask.h"

#include "kernels/vectors.h"

namespace octavo::kernels {

namespace {

template <class F>
void mask_of(const Bounds& bounds, const float* dy, const float* x, size_t n, float* out, F f) {
  using Floats = Vector<float>;
  const Floats low = splat(bounds.low), high = splat(bounds.high);
  map(
      n, out,
      [&](Floats g, Floats v) {
        v = f(v);
        return select(v >= low, select(v <= high, g, Floats{}), Floats{});
      },
      Run<float>{dy}, Run<float>{x});
}

}  // namespace

void mask(const Bounds& bounds, const float* dy, const float* x, size_t n, float* out) {
  mask_of(bounds, dy, x, n, out, [](Vector<float> v) { return v; });
}

void mask_rounded(const Bounds& bounds, float scale, const float* dy, const float* x, size_t n, float* out) {
  mask_of(bounds, dy, x, n, out,
          [s = splat(scale)](Vector<float> v) { return __builtin_elementwise_nearbyint(v / s); });
}

}  // namespace octavo::kernels
