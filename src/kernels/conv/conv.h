// Convolution over NHWC as implicit matrix product: blocks of output positions are gathered into a panel of rows
// (a 1×1 convolution reads its input in place) and multiplied with the tiles of gemm_s8 and gemm_f32.
#pragma once

#include "kernels/conv/geometry.h"
#include "kernels/gemm_f32/gemm_f32.h"
#include "kernels/gemm_s8/gemm_s8.h"

namespace octavo::kernels {

/// Packed s8 weights of all groups, each packed like a PackedGemmS8 of N = oc/groups, K = kh*kw*c/groups.
struct PackedConvS8 {
  PackedGemmS8 first_group;
  int groups;
  size_t group_bytes;         ///< distance of the panels of two groups
  const int32_t* column_sum;  ///< [oc]
};

uint64_t packed_size_conv_s8(const GemmS8Kernel&, const ConvGeometry&);

/// `weights` in ONNX order [oc, c/groups, kh, kw]; `memory` is 16-byte aligned and outlives the result.
PackedConvS8 pack_conv_s8(const GemmS8Kernel&, const ConvGeometry&, const int8_t* weights, void* memory);

/// Bytes of scratch memory for one call (16-byte aligned); may be 0.
uint64_t workspace_bytes_conv_s8(const PackedConvS8&, const ConvGeometry&);

/// `in`: u8 [n, h, w, c]. Output row r of the epilogue is the output position r = (n * oh + oy) * ow + ox, so `out` is
/// [n, oh, ow, oc] with ldc = oc (or more, to write into a slice of channels).
/// Computes positions [begin, end): threads split there; pointers stay those of the whole tensor.
struct ConvS8Args {
  const uint8_t* in;
  uint8_t in_zero_point;  ///< what padding reads as
  int64_t begin, end;
  void* workspace;
};

void conv_s8(const PackedConvS8&, const ConvGeometry&, const ConvS8Args&, const RequantizeU8&);
void conv_s8(const PackedConvS8&, const ConvGeometry&, const ConvS8Args&, const DequantizeF32&);

/// Packed float weights of all groups.
struct PackedConvF32 {
  PackedGemmF32 first_group;
  int groups;
  size_t group_bytes;
};

uint64_t packed_size_conv_f32(const GemmF32Kernel&, const ConvGeometry&);
PackedConvF32 pack_conv_f32(const GemmF32Kernel&, const ConvGeometry&, const float* weights, void* memory);
/// Writes the weights that were packed, in ONNX order.
void unpack_conv_f32(const PackedConvF32&, const ConvGeometry&, float* weights);
uint64_t workspace_bytes_conv_f32(const PackedConvF32&, const ConvGeometry&);

struct ConvF32Args {
  const float* in;  ///< [n, h, w, c]
  int64_t begin, end;
  void* workspace;
};

void conv_f32(const PackedConvF32&, const ConvGeometry&, const ConvF32Args&, const BiasClampF32&);

/// What an output position is made of: depth() elements in the order ((kz * kh + ky) * kw + kx) * c/groups + i, and
/// room for kWindowSlack more, which have no meaning.
inline constexpr int kWindowSlack = 16;
void gather_window_f32(const ConvGeometry&, const float* in, int group, int64_t position, float* out);

}  // namespace octavo::kernels
