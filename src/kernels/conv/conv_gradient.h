// Gradients of convolutions over NHWC. By the weights, for each group: dw = dyᵀ · windows, whose sum runs over output
// positions. They are taken in blocks of a number that follows from the shape: windows and dy of a block are gathered
// and multiplied with the tiles of gemm_f32, and products of blocks are added up in their order.
#pragma once

#include "kernels/conv/geometry.h"
#include "kernels/gemm_f32/gemm_f32.h"

namespace octavo::kernels {

/// Output positions of a block.
int block_conv_gradient(const ConvGeometry&);

/// Bytes of scratch memory for one call (16-byte aligned).
uint64_t workspace_bytes_conv_gradient(const GemmF32Kernel&, const ConvGeometry&);

/// dw[o][k] = Σ dy[p][o] · window(p)[k] over the positions [begin, end), which are not none, for outputs of one group:
/// o in [first_output, end_output), counted in the group, and k = (ky * kw + kx) * c/groups + i in [0, depth).
struct ConvGradientArgs {
  const float* x;   ///< [n, h, w, c]
  const float* dy;  ///< [n, oh, ow, oc]
  int group, first_output, end_output;
  int64_t begin, end;
  float* dw;  ///< [oc/groups, depth], that of the group's first output
  void* workspace;
};

void conv_weight_gradient_f32(const GemmF32Kernel&, const ConvGeometry&, const ConvGradientArgs&);

/// The same with one filter a channel, as dwconv_f32 has it: dw[ky * kw + kx][c] over the output rows [begin, end) of
/// the batch, summed row by row.
void dwconv_weight_gradient_f32(const ConvGeometry&, const float* x, const float* dy, int64_t begin,
                                int64_t end, float* dw);

/// dx over the rows [begin, end) of the batch's images, of a convolution with one filter a channel: filters are
/// [ky * kw + kx][c].
void dwconv_image_gradient_f32(const ConvGeometry&, const float* dy, const float* filters, int64_t begin,
                               int64_t end, float* dx);

}  // namespace octavo::kernels
