// The shape of a 2-D or 3-D convolution over channels-last tensors.
#pragma once

#include <cstdint>

namespace octavo::kernels {

/// out[n, oy, ox, o] = Σ_{ky,kx,i} in[n, oy*stride_h + ky*dilation_h - pad_top, ox*stride_w + kx*dilation_w - pad_left,
/// group(o) * c/groups + i] · w[o, i, ky, kx], where pixels outside of the input are zero (zero_point when quantized).
/// The padding at the bottom and right follows from oh and ow. A 1-D convolution has h = oh = kh = 1; a volume has a
/// further axis of depth, with its window, before the height.
struct ConvGeometry {
  int n = 1, h = 1, w = 1, c = 1;
  int oh = 1, ow = 1, oc = 1;
  int kh = 1, kw = 1;
  int stride_h = 1, stride_w = 1;
  int dilation_h = 1, dilation_w = 1;
  int pad_top = 0, pad_left = 0;
  int groups = 1;
  bool is_volume = false;
  int d = 1, od = 1, kd = 1, stride_d = 1, dilation_d = 1, pad_front = 0;

  int group_channels() const { return c / groups; }
  int group_outputs() const { return oc / groups; }
  int depth() const { return kd * kh * kw * group_channels(); }
  /// Output positions of the whole batch: the M of the matrix product.
  int64_t positions() const { return int64_t(n) * od * oh * ow; }
  /// The input pixels are the rows of A: a plain matrix product.
  bool is_pointwise() const {
    return kd == 1 && stride_d == 1 && pad_front == 0 && od == d && kh == 1 && kw == 1 && stride_h == 1 &&
           stride_w == 1 && pad_top == 0 && pad_left == 0 && oh == h && ow == w;
  }
};

}  // namespace octavo::kernels
