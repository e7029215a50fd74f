// The reference itself, over unpacked weights [channel][tap].
#include "kernels/dwconv_s8/kernels.h"
#include "kernels/dwconv_s8/reference.h"

namespace octavo::kernels::dwconv_s8_rows {
namespace {

template <class Epilogue>
void run(const PackedDwconvS8& b, const ConvGeometry& g, const DwconvS8Args& args, const Epilogue& e) {
  const int16_t* taps = static_cast<const int16_t*>(b.taps);
  const auto weight = [&](int c, int ky, int kx) { return taps[(ptrdiff_t(c) * b.kh + ky) * b.kw + kx]; };
  reference_dwconv_s8(g, args.in, args.in_zero_point, weight, args.row_begin, args.row_end, e);
}

}  // namespace

bool scalar_usable(const IsaFacts&) { return true; }
void scalar_requantize(const PackedDwconvS8& b, const ConvGeometry& g, const DwconvS8Args& args,
                       const RequantizeU8& e) {
  run(b, g, args, e);
}
void scalar_dequantize(const PackedDwconvS8& b, const ConvGeometry& g, const DwconvS8Args& args,
                       const DequantizeF32& e) {
  run(b, g, args, e);
}

}  // namespace octavo::kernels::dwconv_s8_rows
