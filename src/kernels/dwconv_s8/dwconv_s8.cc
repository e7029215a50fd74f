#include "kernels/dwconv_s8/dwconv_s8.h"

#include "kernels/dwconv_s8/kernels.h"
#include "kernels/dwconv_s8/row_pairs.h"

namespace octavo::kernels {
namespace {

constexpr DwconvS8Kernel table[] = {
#define KERNEL(name, isa, form, channel_block, range) \
  {#name,                                             \
   Isa::isa,                                          \
   TapForm::form,                                     \
   channel_block,                                     \
   ActivationRange::range,                            \
   dwconv_s8_rows::name##_usable,                     \
   dwconv_s8_rows::name##_requantize,                 \
   dwconv_s8_rows::name##_dequantize},
#include "kernels/dwconv_s8/kernels.inc"
#undef KERNEL
};

bool takes(const DwconvS8Kernel& kernel, const IsaFacts& facts, ActivationRange range) {
  return kernel.isa <= facts.isa && (kernel.range == ActivationRange::u8 || range == ActivationRange::u7) &&
         kernel.usable(facts);
}

}  // namespace

std::span<const DwconvS8Kernel> dwconv_s8_kernels() { return table; }

const DwconvS8Kernel* select_dwconv_s8(const IsaFacts& facts, ActivationRange range, std::string_view force) {
  for (const DwconvS8Kernel& kernel : table) {
    if ((force.empty() || force == kernel.name) && takes(kernel, facts, range)) return &kernel;
  }
  return nullptr;
}

uint64_t workspace_bytes_dwconv_s8(const PackedDwconvS8& b, const ConvGeometry& g) {
  return b.kernel->form == TapForm::s16_row_pairs ? RowPairPlan(g).workspace_bytes(sizeof(int16_t), g.ow) : 0;
}

void dwconv_s8(const PackedDwconvS8& b, const ConvGeometry& g, const DwconvS8Args& args,
               const RequantizeU8& e) {
  b.kernel->requantize(b, g, args, e);
}
void dwconv_s8(const PackedDwconvS8& b, const ConvGeometry& g, const DwconvS8Args& args,
               const DequantizeF32& e) {
  b.kernel->dequantize(b, g, args, e);
}

}  // namespace octavo::kernels
