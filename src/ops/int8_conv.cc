#include "ops/int8_conv.h"

#include "ops/conv_layer.h"
#include "ops/kernel_choice.h"

namespace octavo {

Int8ConvWeights::Int8ConvWeights(const KernelPolicy& policy, kernels::ActivationRange range,
                                 const kernels::ConvGeometry& g, const Tensor& weights,
                                 std::span<const int32_t> zero_points) {
  const int8_t* const w = weights.span<int8_t>().data();
  if (is_depthwise(g)) {
    const auto& kernel = choose_dwconv_s8(policy, range);
    memory_ = Buffer(packed_size_dwconv_s8(kernel, g));
    std::vector<int16_t> centred(w, w + weights.shape().elements());
    const std::size_t taps = std::size_t(g.kh) * g.kw;
    for (std::size_t c = 0; c < zero_points.size(); ++c)
      for (std::size_t i = c * taps; i < (c + 1) * taps; ++i)
        centred[i] = static_cast<int16_t>(centred[i] - zero_points[c]);
    packed_ = pack_dwconv_s8(kernel, g, centred.data(), memory_.data());
  } else {
    const auto& kernel = choose_gemm_s8(policy, range);
    memory_ = Buffer(packed_size_conv_s8(kernel, g));
    packed_ = pack_conv_s8(kernel, g, w, memory_.data());
  }
}

const int32_t* Int8ConvWeights::column_sum() const {
  return std::visit([](const auto& packed) { return packed.column_sum; }, packed_);
}

uint64_t Int8ConvWeights::kernel_workspace(const kernels::ConvGeometry& g) const {
  if (const auto* depthwise = std::get_if<kernels::PackedDwconvS8>(&packed_))
    return workspace_bytes_dwconv_s8(*depthwise, g);
  return workspace_bytes_conv_s8(std::get<kernels::PackedConvS8>(packed_), g);
}

}  // namespace octavo
