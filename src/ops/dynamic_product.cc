#include "ops/dynamic_product.h"

#include "graph/qdq.h"
#include "ops/dynamic_range.h"
#include "ops/int8_weights.h"
#include "ops/parallel.h"
#include "ops/scratch.h"

namespace octavo {

DynamicWeights dynamic_weights(const PrepareContext& ctx, kernels::ActivationRange range) {
  const ProductSizes s(ctx.node.attrs, {1}, ctx.input(1).shape.value());
  const Tensor& weights = int8_weights(ctx, s.k);
  return {Int8Matrix(ctx.kernels, range, ctx.node.attrs, weights), channel_scales(ctx, s.channel_axis, s.n),
          channel_zero_points(ctx, s.n)};
}

uint64_t quantized_rows_bytes(int64_t m, int64_t k) {
  const auto rows = static_cast<uint64_t>(m);
  return scratch_bytes<uint8_t>(rows * static_cast<uint64_t>(k)) + scratch_bytes<float>(rows) +
         scratch_bytes<int32_t>(rows);
}

uint64_t dynamic_workspace(const KernelPolicy& policy, const DynamicWeights& weights, int64_t m) {
  return quantized_rows_bytes(m, weights.matrix.weights.k) +
         (weights.zero_point.empty() ? 0 : scratch_bytes<int32_t>(static_cast<uint64_t>(m))) +
         weights.matrix.workspace(policy);
}

QuantizedRows quantize_rows(const KernelPolicy& policy, const kernels::GemmF32Args& x, int64_t k,
                            const QuantizationNotes& notes, Scratch& scratch) {
  const int64_t m = x.m;
  const IntegerRange integers = integer_range(notes, DType::u8);
  uint8_t* const quantized = scratch.take<uint8_t>(static_cast<uint64_t>(m * k));
  float* const scale = scratch.take<float>(static_cast<uint64_t>(m));
  int32_t* const zero_point = scratch.take<int32_t>(static_cast<uint64_t>(m));

  const bool by_row = notes.granularity == Granularity::row;
  const auto quantize_each = [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const float* const from = x.a + row * x.lda;
      const auto params = kernels::dynamic_params(kernels::find_range(from, k), integers.qmin, integers.qmax);
      kernels::quantize(from, k, params, quantized + row * k);
      scale[row] = params.scale;
      zero_point[row] = params.zero_point;
    }
  };
  if (by_row) {
    parallel_elements(policy, m, 2 * k, quantize_each);
  } else {
    const auto params = quantize_by_range(policy, {x.a, m, k, x.lda}, integers, quantized);
    scale[0] = params.scale;
    zero_point[0] = params.zero_point;
  }
  return {quantized, scale, zero_point, by_row ? 1 : 0};
}

void multiply(const KernelPolicy& policy, const DynamicWeights& weights, const kernels::GemmF32Args& x,
              const QuantizationNotes& notes, const kernels::BiasClampF32& epilogue, Scratch scratch) {
  const int64_t m = x.m, k = weights.matrix.weights.k;
  if (m == 0) return;
  const auto [quantized, scale, zero_point, by_row] = quantize_rows(policy, x, k, notes, scratch);
  kernels::DequantizeF32 out{scale,       zero_point,  by_row,       weights.scale.data(), epilogue.bias,
                             epilogue.lo, epilogue.hi, epilogue.out, epilogue.ldc};
  if (!weights.zero_point.empty()) {
    int32_t* const sums = scratch.take<int32_t>(static_cast<uint64_t>(m));
    row_sums(policy, quantized, m, k, zero_point, by_row, sums);
    out.w_zero_point = weights.zero_point.data();
    out.a_sum = sums;
  }
  weights.matrix.multiply(policy, quantized, m, scratch, out);
}

}  // namespace octavo
