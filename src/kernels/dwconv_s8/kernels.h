// The functions behind the rows of kernels.inc.
#pragma once

#include "base/simd.h"
#include "kernels/dwconv_s8/dwconv_s8.h"

namespace octavo::kernels::dwconv_s8_rows {

#define KERNEL(name, isa, form, channel_block, range)                                     \
  bool name##_usable(const IsaFacts&);                                                    \
  void name##_requantize(const PackedDwconvS8&, const ConvGeometry&, const DwconvS8Args&, \
                         const RequantizeU8&);                                            \
  void name##_dequantize(const PackedDwconvS8&, const ConvGeometry&, const DwconvS8Args&, \
                         const DequantizeF32&);
#include "kernels/dwconv_s8/kernels.inc"
#undef KERNEL

}  // namespace octavo::kernels::dwconv_s8_rows
