#include <algorithm>

#include "kernels/conv/conv.h"
#include "kernels/conv/gather.h"

namespace octavo::kernels {
namespace {

uint64_t round_up_16(uint64_t bytes) { return (bytes + 15) / 16 * 16; }

PackedGemmS8 group_of(const PackedConvS8& b, int group) {
  PackedGemmS8 packed = b.first_group;
  const ptrdiff_t offset = group * ptrdiff_t(b.group_bytes);
  packed.panels = static_cast<const char*>(packed.panels) + offset;
  packed.acc_start =
      reinterpret_cast<const int32_t*>(reinterpret_cast<const char*>(packed.acc_start) + offset);
  packed.column_sum =
      reinterpret_cast<const int32_t*>(reinterpret_cast<const char*>(packed.column_sum) + offset);
  return packed;
}

void gather(const PackedGemmS8& b, const ConvGeometry& g, const ConvS8Args& args, int group, int64_t position,
            int count) {
  const auto into = [&]<class Form>(Form) {
    gather_rows<Form>(g, args.in, group, position, count, args.in_zero_point, b.k_padded,
                      static_cast<typename Form::Element*>(args.workspace));
  };
  switch (b.kernel->form) {
    case AForm::u8: return into(PanelU8());
    case AForm::s8_flipped: return into(PanelS8Flipped());
    case AForm::s16: return into(PanelS16());
  }
}

void run(const PackedGemmS8& b, const APanel& a, const RequantizeU8& e) { b.kernel->requantize(b, a, e); }
void run(const PackedGemmS8& b, const APanel& a, const DequantizeF32& e) { b.kernel->dequantize(b, a, e); }

template <class Epilogue>
void convolve(const PackedConvS8& b, const ConvGeometry& g, const ConvS8Args& args, const Epilogue& e) {
  for (int group = 0; group < b.groups; ++group) {
    const PackedGemmS8 packed = group_of(b, group);
    const int first_output = group * g.group_outputs();
    if (g.is_pointwise()) {
      const uint8_t* a = args.in + args.begin * g.c + group * g.group_channels();
      gemm_s8(packed, {a, g.c, static_cast<int>(args.end - args.begin), args.workspace},
              shifted(e, args.begin, first_output));
      continue;
    }
    const int rows = panel_rows(panel_row_bytes(packed));
    for (int64_t position = args.begin; position < args.end; position += rows) {
      const int count = static_cast<int>(std::min<int64_t>(rows, args.end - position));
      gather(packed, g, args, group, position, count);
      run(packed, {args.workspace, panel_row_bytes(packed), count}, shifted(e, position, first_output));
    }
  }
}

}  // namespace

uint64_t packed_size_conv_s8(const GemmS8Kernel& kernel, const ConvGeometry& g) {
  return round_up_16(packed_size_gemm_s8(kernel, g.group_outputs(), g.depth())) * uint64_t(g.groups) +
         uint64_t(g.oc) * sizeof(int32_t);
}

PackedConvS8 pack_conv_s8(const GemmS8Kernel& kernel, const ConvGeometry& g, const int8_t* weights,
                          void* memory) {
  const auto group_bytes = size_t(round_up_16(packed_size_gemm_s8(kernel, g.group_outputs(), g.depth())));
  char* bytes = static_cast<char*>(memory);
  int32_t* column_sum = reinterpret_cast<int32_t*>(bytes + group_bytes * size_t(g.groups));
  PackedConvS8 packed{{}, g.groups, group_bytes, column_sum};
  for (int group = 0; group < g.groups; ++group) {
    const int8_t* source = weights + ptrdiff_t(group) * g.group_outputs() * g.depth();
    const PackedGemmS8 product =
        pack_gemm_s8(kernel, weights_oihw(source, g.group_outputs(), g.group_channels(), g.kd * g.kh, g.kw),
                     bytes + size_t(group) * group_bytes);
    if (group == 0) packed.first_group = product;
    std::copy_n(product.column_sum, g.group_outputs(), column_sum + group * g.group_outputs());
  }
  return packed;
}

uint64_t workspace_bytes_conv_s8(const PackedConvS8& b, const ConvGeometry& g) {
  const PackedGemmS8& product = b.first_group;
  if (g.is_pointwise()) return workspace_bytes_gemm_s8(product);
  return uint64_t(panel_rows(panel_row_bytes(product))) * uint64_t(panel_row_bytes(product)) +
         panel_slack * sizeof(int16_t);
}

void conv_s8(const PackedConvS8& b, const ConvGeometry& g, const ConvS8Args& args, const RequantizeU8& e) {
  convolve(b, g, args, e);
}
void conv_s8(const PackedConvS8& b, const ConvGeometry& g, const ConvS8Args& args, const DequantizeF32& e) {
  convolve(b, g, args, e);
}

}  // namespace octavo::kernels
