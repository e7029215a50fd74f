// Where the weights of a matrix product or convolution lie before they are packed.
#pragma once

#include <cstddef>
#include <cstdint>

namespace octavo::kernels {

/// Weights B[n][k] with k = (y * kw + x) * channels + c, read at
/// data[n * stride_n + y * stride_y + x * stride_x + c * stride_c]. One view covers [K,N], [N,K], OIHW and OHWI.
template <class T> struct WeightView {
  const T* data;
  int n;
  int kh, kw, channels;
  ptrdiff_t stride_n, stride_y, stride_x, stride_c;

  int depth() const { return kh * kw * channels; }
  const T& at(int n, int y, int x, int c) const {
    return data[n * stride_n + y * stride_y + x * stride_x + c * stride_c];
  }
};

/// Row-major [K,N], as the second input of MatMul.
template <class T> WeightView<T> weights_kn(const T* data, int k, int n) {
  return {data, n, 1, 1, k, 1, 0, 0, n};
}

/// Row-major [N,K], as Gemm with transB and PyTorch's Linear.
template <class T> WeightView<T> weights_nk(const T* data, int n, int k) {
  return {data, n, 1, 1, k, k, 0, 0, 1};
}

/// ONNX Conv order [O, I, H, W], where I counts the channels of one group.
template <class T> WeightView<T> weights_oihw(const T* data, int o, int i, int kh, int kw) {
  return {data, o, kh, kw, i, ptrdiff_t(i) * kh * kw, kw, 1, ptrdiff_t(kh) * kw};
}

}  // namespace octavo::kernels
