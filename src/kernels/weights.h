// Where the weights of a matrix product or convolution lie before they are packed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace octavo::kernels {

/// Weights B[n][k] with k = (y * kw + x) * channels + c, read at
/// data[n * stride_n + y * stride_y + x * stride_x + c * stride_c]. One view covers [K,N], [N,K], OIHW and OHWI.
template <class T> struct WeightView {
  T* data;
  int n;
  int kh, kw, channels;
  ptrdiff_t stride_n, stride_y, stride_x, stride_c;

  int depth() const { return kh * kw * channels; }
  T& at(int n, int y, int x, int c) const {
    return data[n * stride_n + y * stride_y + x * stride_x + c * stride_c];
  }
  operator WeightView<const T>() const
    requires(!std::is_const_v<T>)
  {
    return {data, n, kh, kw, channels, stride_n, stride_y, stride_x, stride_c};
  }
};

/// f(first weight, columns, panel, k) for each step of k of each panel of nr columns, in the order of packed weights.
/// The columns lie stride_n apart.
template <class T, class F> void for_each_step(const WeightView<T>& weights, int nr, F f) {
  for (int n = 0, panel = 0; n < weights.n; n += nr, ++panel) {
    const int columns = std::min(nr, weights.n - n);
    int k = 0;
    for (int y = 0; y < weights.kh; ++y) {
      for (int x = 0; x < weights.kw; ++x) {
        for (int c = 0; c < weights.channels; ++c, ++k) f(&weights.at(n, y, x, c), columns, panel, k);
      }
    }
  }
}

/// Row-major [K,N], as the second input of MatMul.
template <class T> WeightView<T> weights_kn(T* data, int k, int n) { return {data, n, 1, 1, k, 1, 0, 0, n}; }

/// Row-major [N,K], as Gemm with transB and PyTorch's Linear.
template <class T> WeightView<T> weights_nk(T* data, int n, int k) { return {data, n, 1, 1, k, k, 0, 0, 1}; }

/// ONNX Conv order [O, I, H, W], where I counts the channels of one group.
template <class T> WeightView<T> weights_oihw(T* data, int o, int i, int kh, int kw) {
  return {data, o, kh, kw, i, ptrdiff_t(i) * kh * kw, kw, 1, ptrdiff_t(kh) * kw};
}

}  // namespace octavo::kernels
