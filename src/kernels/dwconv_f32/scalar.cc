// The reference itself, over weights packed in blocks of one channel.
#include "kernels/dwconv_f32/kernels.h"
#include "kernels/dwconv_f32/reference.h"

namespace octavo::kernels::dwconv_f32_rows {

void scalar_run(const PackedDwconvF32& b, const ConvGeometry& g, const DwconvF32Args& args,
                const BiasClampF32& e) {
  const auto weight = [&](int c, int ky, int kx) { return b.taps[(ptrdiff_t(c) * b.kh + ky) * b.kw + kx]; };
  reference_dwconv_f32(g, args.in, weight, args.row_begin, args.row_end, e);
}

}  // namespace octavo::kernels::dwconv_f32_rows
