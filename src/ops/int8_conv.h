// Packed int8 convolution weights of either kind, for octavo.QConv and octavo.DynamicQConv.
#pragma once

#include <variant>

#include "base/buffer.h"
#include "base/kernel_policy.h"
#include "kernels/conv/conv.h"
#include "kernels/dwconv_s8/dwconv_s8.h"
#include "tensor/tensor.h"

namespace octavo {

class Int8ConvWeights {
 public:
  Int8ConvWeights() = default;
  // `g` says channels, kernel and groups; `weights` is int8 in ONNX order.
  Int8ConvWeights(const KernelPolicy& policy, kernels::ActivationRange range, const kernels::ConvGeometry& g,
                  const Tensor& weights);

  // [oc] Σ of each filter.
  const int32_t* column_sum() const;
  // Bytes of scratch memory for `run`.
  std::size_t workspace(const kernels::ConvGeometry& g) const;
  // in: u8, channels last. Epilogue: RequantizeU8 or DequantizeF32.
  template <class Epilogue>
  void run(const kernels::ConvGeometry& g, const uint8_t* in, uint8_t zero_point, void* workspace,
           const Epilogue& epilogue) const {
    if (const auto* depthwise = std::get_if<kernels::PackedDwconvS8>(&packed_))
      dwconv_s8(*depthwise, g, {in, zero_point, 0, g.n * g.oh, workspace}, epilogue);
    else
      conv_s8(std::get<kernels::PackedConvS8>(packed_), g, {in, zero_point, 0, g.positions(), workspace},
              epilogue);
  }

 private:
  Buffer memory_;
  std::variant<kernels::PackedConvS8, kernels::PackedDwconvS8> packed_;
};

}  // namespace octavo
