#include "ops/fourier.h"

#include <bit>
#include <cmath>
#include <numbers>

#include "kernels/eltwise/trigonometry.h"

namespace octavo {

namespace {

// Odd lengths up to this are summed up directly: windows of audio have 25, 75, 225 …
constexpr int64_t kLongestSum = 256;

// The length of the convolution that a transform of length n is told as, or 0.
int64_t convolution(int64_t n) {
  const int64_t odd = n >> std::countr_zero(static_cast<uint64_t>(n | (n == 0)));
  return odd <= kLongestSum ? 0 : static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(2 * n - 1)));
}

Complex product(Complex a, Complex b) { return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re}; }

// e^(2πi · turns)
Complex unit(double turns) {
  const double angle = 2 * std::numbers::pi * turns;
  return {kernels::cosine(angle), kernels::sine(angle)};
}

// y = the transform of the n elements x[0], x[step] …; the roots are those of n · step.
void transform_line(const Complex* x, int64_t step, int64_t n, const Complex* roots, Complex* y) {
  if (n % 2 != 0) {
    for (int64_t k = 0; k < n; ++k) {
      Complex sum = x[0];
      for (int64_t j = 1, root = k; j < n; ++j, root = root + k < n ? root + k : root + k - n) {
        const Complex term = product(x[j * step], roots[root * step]);
        sum = {sum.re + term.re, sum.im + term.im};
      }
      y[k] = sum;
    }
    return;
  }
  Complex* const odd = y + n / 2;
  transform_line(x, 2 * step, n / 2, roots, y);
  transform_line(x + step, 2 * step, n / 2, roots, odd);
  for (int64_t k = 0; k < n / 2; ++k) {
    const Complex a = y[k], b = product(odd[k], roots[k * step]);
    y[k] = {a.re + b.re, a.im + b.im};
    odd[k] = {a.re - b.re, a.im - b.im};
  }
}

}  // namespace

uint64_t Fourier::scratch(int64_t n) {
  const int64_t m = convolution(n);
  const int64_t lines = m > 0 ? 2 * n + 4 * m : 3 * n;
  return scratch_bytes<Complex>(static_cast<uint64_t>(lines)) + 6 * kAlignment;
}

Fourier::Fourier(int64_t n, bool inverse, Scratch& scratch)
    : n_(n), m_(convolution(n)), scale_(inverse ? 1 / static_cast<double>(n) : 1) {
  const double sign = inverse ? 1 : -1;
  const int64_t length = m_ > 0 ? m_ : n;
  x_ = scratch.take<Complex>(n);
  y_ = scratch.take<Complex>(length);
  roots_ = scratch.take<Complex>(length);
  for (int64_t k = 0; k < length; ++k)
    roots_[k] = unit((m_ > 0 ? -1 : sign) * static_cast<double>(k) / static_cast<double>(length));
  if (m_ == 0) return;
  chirp_ = scratch.take<Complex>(n);
  response_ = scratch.take<Complex>(m_);
  folded_ = scratch.take<Complex>(m_);
  for (int64_t k = 0; k < m_; ++k) folded_[k] = {0, 0};
  for (int64_t k = 0; k < n; ++k) {
    chirp_[k] = unit(sign * static_cast<double>(k * k % (2 * n)) / static_cast<double>(2 * n));
    folded_[k] = folded_[k > 0 ? m_ - k : 0] = {chirp_[k].re, -chirp_[k].im};
  }
  transform_line(folded_, 1, m_, roots_, response_);
}

// With c = chirp: y[k] = c[k] Σ (x[j] c[j]) / c[k - j]. The convolution goes through two transforms of length m, the
// second of which is turned round by taking conjugates.
const Complex* Fourier::convolve() const {
  for (int64_t k = 0; k < m_; ++k) folded_[k] = k < n_ ? product(x_[k], chirp_[k]) : Complex{0, 0};
  transform_line(folded_, 1, m_, roots_, y_);
  for (int64_t k = 0; k < m_; ++k) {
    const Complex at = product(y_[k], response_[k]);
    folded_[k] = {at.re, -at.im};
  }
  transform_line(folded_, 1, m_, roots_, y_);
  const double scale = scale_ / static_cast<double>(m_);
  for (int64_t k = 0; k < n_; ++k) y_[k] = product({y_[k].re * scale, -y_[k].im * scale}, chirp_[k]);
  return y_;
}

const Complex* Fourier::transform() const {
  if (m_ > 0) return convolve();
  transform_line(x_, 1, n_, roots_, y_);
  for (int64_t k = 0; k < n_; ++k) y_[k] = {y_[k].re * scale_, y_[k].im * scale_};
  return y_;
}

}  // namespace octavo
