// Depthwise convolution over NHWC, one filter a channel: u8 activations, s8 weights, exact int32 accumulators. Weights
// may be less a zero_point, -255..255: all forms hold 16 bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/isa.h"
#include "kernels/conv/geometry.h"
#include "kernels/epilogue.h"

namespace octavo::kernels {

struct PackedDwconvS8;

/// See dwconv_s8 for the meaning. `in` is the whole input tensor.
struct DwconvS8Args {
  const uint8_t* in;
  uint8_t in_zero_point;   ///< what padding reads as
  int row_begin, row_end;  ///< output rows of the batch, 0 .. n*oh: threads split there
  void* workspace;
};

/// How a kernel wants its weights; see pack.cc.
enum class TapForm : uint8_t {
  s16,            ///< [channel][tap]
  s16_row_pairs,  ///< two rows of the filter side by side, for dot products of two
};

/// One row of kernels.inc.
struct DwconvS8Kernel {
  const char* name;
  Isa isa;
  TapForm form;
  int channel_block;      ///< channels that are computed together
  ActivationRange range;  ///< widest activations for which it is exact
  bool (*usable)(const IsaFacts&);
  void (*requantize)(const PackedDwconvS8&, const ConvGeometry&, const DwconvS8Args&, const RequantizeU8&);
  void (*dequantize)(const PackedDwconvS8&, const ConvGeometry&, const DwconvS8Args&, const DequantizeF32&);
};

/// Packed weights, a view of memory that the caller owns.
struct PackedDwconvS8 {
  const DwconvS8Kernel* kernel;
  int channels, kh, kw;
  const void* taps;           ///< see pack.cc
  const int32_t* column_sum;  ///< [channels] sum of the filter
};

std::span<const DwconvS8Kernel> dwconv_s8_kernels();

/// As select_gemm_s8.
const DwconvS8Kernel* select_dwconv_s8(const IsaFacts&, ActivationRange, std::string_view force = {});

uint64_t packed_size_dwconv_s8(const DwconvS8Kernel&, const ConvGeometry&);

/// `weights` in ONNX order [c, 1, kh, kw]. The geometry has groups = c = oc. `memory` is 16-byte aligned.
PackedDwconvS8 pack_dwconv_s8(const DwconvS8Kernel&, const ConvGeometry&, const int16_t* weights,
                              void* memory);

/// Bytes of scratch memory for one call (16-byte aligned); may be 0.
uint64_t workspace_bytes_dwconv_s8(const PackedDwconvS8&, const ConvGeometry&);

/// Output [n, oh, ow, c]; the epilogue's rows are output positions and its `out` and row parameters those of the whole
/// tensor, as in conv_s8.
void dwconv_s8(const PackedDwconvS8&, const ConvGeometry&, const DwconvS8Args&, const RequantizeU8&);
void dwconv_s8(const PackedDwconvS8&, const ConvGeometry&, const DwconvS8Args&, const DequantizeF32&);

}  // namespace octavo::kernels
