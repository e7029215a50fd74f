// Packed int8 convolution weights of either kind, for octavo.QConv and octavo.DynamicQConv.
#pragma once

#include <variant>

#include "base/buffer.h"
#include "base/kernel_policy.h"
#include "kernels/conv/conv.h"
#include "kernels/dwconv_s8/dwconv_s8.h"
#include "ops/conv_pieces.h"
#include "tensor/tensor.h"

namespace octavo {

class Int8ConvWeights {
 public:
  Int8ConvWeights() = default;
  // `g` says channels, kernel and groups; `weights` is int8 in ONNX order. A depthwise filter is packed less its
  // zero_point; elsewhere it is up to the epilogue.
  Int8ConvWeights(const KernelPolicy& policy, kernels::ActivationRange range, const kernels::ConvGeometry& g,
                  const Tensor& weights, std::span<const int32_t> zero_points);

  // [oc] Σ of each filter, as it is packed.
  const int32_t* column_sum() const;
  // What DequantizeF32 takes for those sums, of one group: [oc], which outlive the weights.
  void set_column_sum(const int32_t* sums) {
    std::get<kernels::PackedConvS8>(packed_).first_group.column_sum = sums;
  }
  // Bytes of scratch memory for `run`.
  uint64_t workspace(const KernelPolicy& policy, const kernels::ConvGeometry& g) const {
    return workspace_of_threads(policy, kernel_workspace(g));
  }
  // in: u8, channels last. Epilogue: RequantizeU8 or DequantizeF32.
  template <class Epilogue>
  void run(const KernelPolicy& policy, const kernels::ConvGeometry& g, const uint8_t* in, uint8_t zero_point,
           Scratch& scratch, const Epilogue& epilogue) const {
    const ThreadWorkspaces memory(scratch, kernel_workspace(g));
    // Neighbouring rows of a depthwise convolution share what they make of their input: pieces have several.
    if (const auto* depthwise = std::get_if<kernels::PackedDwconvS8>(&packed_))
      parallel_dwconv_rows(policy, g, 3, [&](int begin, int end, int thread) {
        dwconv_s8(*depthwise, g, {in, zero_point, begin, end, memory[thread]}, epilogue);
      });
    else
      parallel_conv(policy, std::get<kernels::PackedConvS8>(packed_), g, epilogue,
                    [&](const auto& weights, const auto& e, const ProductPiece& piece) {
                      const int64_t end = piece.row + piece.rows;
                      conv_s8(weights, g, {in, zero_point, piece.row, end, memory[piece.thread]}, e);
                    });
  }

 private:
  uint64_t kernel_workspace(const kernels::ConvGeometry& g) const;

  Buffer memory_;
  std::variant<kernels::PackedConvS8, kernels::PackedDwconvS8> packed_;
};

}  // namespace octavo
