#include "kernels/dwconv_f32/dwconv_f32.h"

#include <cstring>

#include "kernels/dwconv_f32/kernels.h"
#include "kernels/dwconv_f32/padded_rows.h"

namespace octavo::kernels {
namespace {

constexpr DwconvF32Kernel table[] = {
#define KERNEL(name, isa, channel_block) {#name, Isa::isa, channel_block, dwconv_f32_rows::name##_run},
#include "kernels/dwconv_f32/kernels.inc"
#undef KERNEL
};

// f(where a weight is in ONNX order, where it is packed).
template <class F> void for_each_tap(const DwconvF32Kernel& kernel, const ConvGeometry& g, F f) {
  const int block = kernel.channel_block, taps = g.kh * g.kw;
  for (int c = 0; c < g.c; ++c) {
    for (int tap = 0; tap < taps; ++tap)
      f(ptrdiff_t(c) * taps + tap, (ptrdiff_t(c / block) * taps + tap) * block + c % block);
  }
}

}  // namespace

std::span<const DwconvF32Kernel> dwconv_f32_kernels() { return table; }

const DwconvF32Kernel* select_dwconv_f32(const IsaFacts& facts, std::string_view force) {
  for (const DwconvF32Kernel& kernel : table) {
    if ((force.empty() || force == kernel.name) && kernel.isa <= facts.isa) return &kernel;
  }
  return nullptr;
}

uint64_t packed_size_dwconv_f32(const DwconvF32Kernel& kernel, const ConvGeometry& g) {
  const int blocks = (g.c + kernel.channel_block - 1) / kernel.channel_block;
  return uint64_t(blocks) * kernel.channel_block * uint64_t(g.kh) * uint64_t(g.kw) * sizeof(float);
}

PackedDwconvF32 pack_dwconv_f32(const DwconvF32Kernel& kernel, const ConvGeometry& g, const float* weights,
                                void* memory) {
  std::memset(memory, 0, size_t(packed_size_dwconv_f32(kernel, g)));
  float* packed = static_cast<float*>(memory);
  for_each_tap(kernel, g, [&](ptrdiff_t at, ptrdiff_t packed_at) { packed[packed_at] = weights[at]; });
  return {&kernel, g.c, g.kh, g.kw, packed};
}

void unpack_dwconv_f32(const PackedDwconvF32& b, const ConvGeometry& g, float* weights) {
  for_each_tap(*b.kernel, g, [&](ptrdiff_t at, ptrdiff_t packed_at) { weights[at] = b.taps[packed_at]; });
}

uint64_t workspace_bytes_dwconv_f32(const PackedDwconvF32& b, const ConvGeometry& g) {
  return b.kernel->isa == Isa::scalar ? 0 : PaddedRowsPlan(g).workspace_bytes(g.ow);
}

void dwconv_f32(const PackedDwconvF32& b, const ConvGeometry& g, const DwconvF32Args& args,
                const BiasClampF32& e) {
  b.kernel->run(b, g, args, e);
}

}  // namespace octavo::kernels
