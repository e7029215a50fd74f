#include <algorithm>

#include "kernels/conv/conv.h"
#include "kernels/conv/gather.h"

namespace octavo::kernels {
namespace {

PackedGemmF32 group_of(const PackedConvF32& b, int group) {
  PackedGemmF32 packed = b.first_group;
  packed.panels += group * ptrdiff_t(b.group_bytes / sizeof(float));
  return packed;
}

}  // namespace

uint64_t packed_size_conv_f32(const GemmF32Kernel& kernel, const ConvGeometry& g) {
  return packed_size_gemm_f32(kernel, g.group_outputs(), g.depth()) * uint64_t(g.groups);
}

PackedConvF32 pack_conv_f32(const GemmF32Kernel& kernel, const ConvGeometry& g, const float* weights,
                            void* memory) {
  const auto group_bytes = size_t(packed_size_gemm_f32(kernel, g.group_outputs(), g.depth()));
  PackedConvF32 packed{{}, g.groups, group_bytes};
  for (int group = 0; group < g.groups; ++group) {
    const float* source = weights + ptrdiff_t(group) * g.group_outputs() * g.depth();
    const PackedGemmF32 product =
        pack_gemm_f32(kernel, weights_oihw(source, g.group_outputs(), g.group_channels(), g.kd * g.kh, g.kw),
                      static_cast<char*>(memory) + size_t(group) * group_bytes);
    if (group == 0) packed.first_group = product;
  }
  return packed;
}

void unpack_conv_f32(const PackedConvF32& b, const ConvGeometry& g, float* weights) {
  for (int group = 0; group < b.groups; ++group) {
    unpack_gemm_f32(group_of(b, group),
                    weights_oihw(weights + ptrdiff_t(group) * g.group_outputs() * g.depth(),
                                 g.group_outputs(), g.group_channels(), g.kd * g.kh, g.kw));
  }
}

uint64_t workspace_bytes_conv_f32(const PackedConvF32&, const ConvGeometry& g) {
  const ptrdiff_t row_bytes = g.depth() * ptrdiff_t(sizeof(float));
  return g.is_pointwise()
             ? 0
             : uint64_t(panel_rows(row_bytes)) * uint64_t(row_bytes) + panel_slack * sizeof(float);
}

void conv_f32(const PackedConvF32& b, const ConvGeometry& g, const ConvF32Args& args, const BiasClampF32& e) {
  for (int group = 0; group < b.groups; ++group) {
    const PackedGemmF32 packed = group_of(b, group);
    const int first_output = group * g.group_outputs();
    if (g.is_pointwise() || g.depth() == 0) {  // of no channels: a tile takes at least one step
      gemm_f32(packed,
               {args.in + args.begin * g.c + group * g.group_channels(), g.c,
                static_cast<int>(args.end - args.begin)},
               shifted(e, args.begin, first_output));
      continue;
    }
    float* panel = static_cast<float*>(args.workspace);
    const int rows = panel_rows(g.depth() * ptrdiff_t(sizeof(float)));
    for (int64_t position = args.begin; position < args.end; position += rows) {
      const int count = static_cast<int>(std::min<int64_t>(rows, args.end - position));
      gather_rows<PanelF32>(g, args.in, group, position, count, 0.0f, g.depth(), panel);
      packed.kernel->run(packed, panel, g.depth(), count, shifted(e, position, first_output));
    }
  }
}

static_assert(kWindowSlack >= panel_slack);

void gather_window_f32(const ConvGeometry& g, const float* in, int group, int64_t position, float* out) {
  gather_rows<PanelF32>(g, in, group, position, 1, 0.0f, g.depth(), out);
}

}  // namespace octavo::kernels
