// The functions behind the rows of kernels.inc.
#pragma once

#include "base/simd.h"
#include "kernels/dwconv_f32/dwconv_f32.h"

namespace octavo::kernels::dwconv_f32_rows {

#define KERNEL(name, isa, channel_block) \
  void name##_run(const PackedDwconvF32&, const ConvGeometry&, const DwconvF32Args&, const BiasClampF32&);
#include "kernels/dwconv_f32/kernels.inc"
#undef KERNEL

}  // namespace octavo::kernels::dwconv_f32_rows
