// Convolution as the ONNX specification writes it, and the order of channels, for tests.
#pragma once

#include "tensor/tensor.h"

namespace octavo::test {

// A 2-D convolution in channels-first order.
struct ConvCase {
  int64_t n = 1, c = 1, h = 1, w = 1, oc = 1, kh = 1, kw = 1;
  int64_t stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1;
  int64_t pads[4] = {0, 0, 0, 0};  // top, left, bottom, right
  int64_t groups = 1;

  int64_t oh() const { return (h + pads[0] + pads[2] - (kh - 1) * dilation_h - 1) / stride_h + 1; }
  int64_t ow() const { return (w + pads[1] + pads[3] - (kw - 1) * dilation_w - 1) / stride_w + 1; }
  Shape x_shape() const { return {n, c, h, w}; }
  Shape w_shape() const { return {oc, c / groups, kh, kw}; }
  Shape y_shape() const { return {n, oc, oh(), ow()}; }

  // Calls term(x index, w index) for each product that goes into y[b, o, oy, ox]; padding has none.
  template <class Term> void for_each_term(int64_t b, int64_t o, int64_t oy, int64_t ox, Term term) const {
    const int64_t gc = c / groups, first = o / (oc / groups) * gc;
    for (int64_t i = 0; i < gc; ++i)
      for (int64_t ky = 0; ky < kh; ++ky)
        for (int64_t kx = 0; kx < kw; ++kx) {
          const int64_t y = oy * stride_h + ky * dilation_h - pads[0],
                        x = ox * stride_w + kx * dilation_w - pads[1];
          if (y < 0 || y >= h || x < 0 || x >= w) continue;
          term(((b * c + first + i) * h + y) * w + x, ((o * gc + i) * kh + ky) * kw + kx);
        }
  }
  // Calls output(y index, b, o, oy, ox) for each element of y.
  template <class Output> void for_each_output(Output output) const {
    int64_t index = 0;
    for (int64_t b = 0; b < n; ++b)
      for (int64_t o = 0; o < oc; ++o)
        for (int64_t oy = 0; oy < oh(); ++oy)
          for (int64_t ox = 0; ox < ow(); ++ox) output(index++, b, o, oy, ox);
  }
};

// [n, c, …] as [n, …, c].
template <class T> Tensor channels_last(const Tensor& x) {
  Shape shape = x.shape();
  const int64_t n = shape[0], c = shape[1], pixels = shape.elements(2, shape.rank());
  shape.dims.erase(shape.dims.begin() + 1);
  shape.dims.push_back(c);
  Tensor y(x.dtype(), shape);
  for (int64_t b = 0; b < n; ++b)
    for (int64_t i = 0; i < c; ++i)
      for (int64_t p = 0; p < pixels; ++p)
        y.span<T>()[(b * pixels + p) * c + i] = x.span<T>()[(b * c + i) * pixels + p];
  return y;
}

}  // namespace octavo::test
