// Depthwise convolution over NHWC, one filter a channel, float32.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "base/isa.h"
#include "kernels/conv/geometry.h"
#include "kernels/epilogue.h"

namespace octavo::kernels {

struct PackedDwconvF32;

struct DwconvF32Args {
  const float* in;         ///< [n, h, w, c], the whole tensor
  int row_begin, row_end;  ///< output rows of the batch, 0 .. n*oh: threads split there
  void* workspace;
};

/// One row of kernels.inc.
struct DwconvF32Kernel {
  const char* name;
  Isa isa;
  int channel_block;
  void (*run)(const PackedDwconvF32&, const ConvGeometry&, const DwconvF32Args&, const BiasClampF32&);
};

/// Packed weights: [channel block][tap][channel in block], missing channels zero; the SIMD rows have blocks of four. A
/// view of the caller's memory.
struct PackedDwconvF32 {
  const DwconvF32Kernel* kernel;
  int channels, kh, kw;
  const float* taps;
};

std::span<const DwconvF32Kernel> dwconv_f32_kernels();

/// As select_gemm_f32.
const DwconvF32Kernel* select_dwconv_f32(const IsaFacts&, std::string_view force = {});

uint64_t packed_size_dwconv_f32(const DwconvF32Kernel&, const ConvGeometry&);

/// `weights` in ONNX order [c, 1, kh, kw]. The geometry has groups = c = oc. `memory` is 16-byte aligned.
PackedDwconvF32 pack_dwconv_f32(const DwconvF32Kernel&, const ConvGeometry&, const float* weights,
                                void* memory);

/// Writes the weights that were packed, in ONNX order.
void unpack_dwconv_f32(const PackedDwconvF32&, const ConvGeometry&, float* weights);

/// Bytes of scratch memory for one call (16-byte aligned); may be 0.
uint64_t workspace_bytes_dwconv_f32(const PackedDwconvF32&, const ConvGeometry&);

/// Output [n, oh, ow, c]; `out` of the epilogue is that of the whole tensor.
void dwconv_f32(const PackedDwconvF32&, const ConvGeometry&, const DwconvF32Args&, const BiasClampF32&);

}  // namespace octavo::kernels
