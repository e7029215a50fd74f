#include "kernels/col2im/col2im.h"

#include <algorithm>
#include <functional>
#include <limits>

#include "kernels/vectors.h"

namespace octavo::kernels {

namespace {

int64_t ceil_div(int64_t a, int64_t b) { return a > 0 ? (a + b - 1) / b : -(-a / b); }

// The window whose tap lies at the pixel, or -1.
int64_t window_at(const Col2ImAxis& a, int64_t pixel, int64_t tap) {
  const int64_t start = pixel + a.pad - tap * a.dilation;
  return start >= 0 && start % a.stride == 0 && start / a.stride < a.windows ? start / a.stride : -1;
}

// Adds one tap of the windows of a row to a row of pixels.
void add_row(const Col2Im& g, int64_t tap, const float* columns, float* pixels) {
  const Col2ImAxis& a = g.axes[2];
  const int64_t shift = tap * a.dilation - a.pad;
  const int64_t first = std::max<int64_t>(ceil_div(-shift, a.stride), 0);
  const int64_t end = std::min(ceil_div(a.image - shift, a.stride), a.windows);
  for (int64_t p = first; p < end; ++p) {
    const float* const from = columns + p * g.window_step;
    float* const to = pixels + (p * a.stride + shift) * g.pixel_step;
    if (g.channels == 1)
      *to += *from;
    else
      map(static_cast<size_t>(g.channels), to, std::plus<>(), Run<float>{to}, Run<float>{from});
  }
}

// The bias of each channel, or 0, in all pixels of a row.
void fill_row(const Col2Im& g, float* pixels) {
  const auto channels = static_cast<size_t>(g.channels);
  const int64_t count = g.axes[2].image;
  const auto fill_pixel = [&](float* pixel) {
    if (g.bias)
      std::copy_n(g.bias, channels, pixel);
    else
      std::fill_n(pixel, channels, 0.0f);
  };
  if (g.pixel_step != g.channels) {
    for (int64_t x = 0; x < count; ++x) fill_pixel(pixels + x * g.pixel_step);
    return;
  }
  if (count > 0) fill_pixel(pixels);
  for (int64_t done = 1; done < count; done *= 2)
    std::copy_n(pixels, channels * static_cast<size_t>(std::min(done, count - done)),
                pixels + done * g.channels);
}

void clamp_row(const Col2Im& g, float* pixels) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  if (g.lo == -kInfinity && g.hi == kInfinity) return;
  const Vector<float> lo = splat(g.lo), hi = splat(g.hi);
  const bool is_dense = g.pixel_step == g.channels;
  const int64_t length = is_dense ? g.channels * g.axes[2].image : g.channels;
  for (int64_t x = 0; x < (is_dense ? 1 : g.axes[2].image); ++x) {
    float* const run = pixels + x * g.pixel_step;
    map(static_cast<size_t>(length), run, [=](auto v) { return clamp_between(v, lo, hi); }, Run<float>{run});
  }
}

}  // namespace

void col2im(const Col2Im& g, const float* columns, float* image, int64_t begin, int64_t end) {
  const auto& [a0, a1, a2] = g.axes;
  for (int64_t row = begin; row < end; ++row) {
    float* const pixels = image + row * a2.image * g.pixel_step;
    fill_row(g, pixels);
    for (int64_t i = 0; i < a0.kernel; ++i) {
      const int64_t p0 = window_at(a0, row / a1.image, i);
      for (int64_t j = 0; p0 >= 0 && j < a1.kernel; ++j) {
        const int64_t p1 = window_at(a1, row % a1.image, j);
        for (int64_t k = 0; p1 >= 0 && k < a2.kernel; ++k)
          add_row(g, k,
                  columns + (p0 * a1.windows + p1) * a2.windows * g.window_step +
                      ((i * a1.kernel + j) * a2.kernel + k) * g.tap_step,
                  pixels);
      }
    }
    clamp_row(g, pixels);
  }
}

}  // namespace octavo::kernels
