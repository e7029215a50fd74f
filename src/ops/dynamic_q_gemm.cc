// octavo.DynamicQGemm: DynamicQuantizeLinear → Gemm or MatMul on integers → float, in one. x float32 [… , k], w int8
// constant [k, n] (or [n, k] with "transB"), bias float32 [n] or absent, y float32 [… , n]. The notes are those of the
// DynamicQuantizeLinear: Granularity::row ranges each row of x on its own, tensor all of x; qmax narrows its integers.
#include "base/error.h"
#include "graph/qdq.h"
#include "kernels/quantize/quantize.h"
#include "ops/int8_matrix.h"
#include "ops/int8_weights.h"
#include "ops/kernel_choice.h"
#include "ops/parallel.h"
#include "ops/scratch.h"

namespace octavo {

namespace {

struct PreparedDynamicQGemm : Prepared {
  Int8Matrix matrix;
  std::vector<float> w_scale;
  std::vector<int32_t> w_zero_point;  // none where all are 0
};

void infer(InferContext& ctx) {
  require(ctx.dtype(0) == DType::f32 && ctx.dtype(1) == DType::s8, ErrorCode::unsupported,
          "octavo.DynamicQGemm takes float32 and weights of int8, not {} and {}", dtype_name(ctx.dtype(0)),
          dtype_name(ctx.dtype(1)));
  const DType bias = ctx.has(2) ? ctx.dtype(2) : DType::f32;
  require(bias == DType::f32, ErrorCode::unsupported, "octavo.DynamicQGemm takes a bias of float32, not {}",
          dtype_name(bias));
  integer_range(ctx.node.notes, DType::u8);
  infer_product(ctx, DType::f32);
}

std::shared_ptr<const Prepared> prepare(const PrepareContext& ctx) {
  const ProductSizes s(ctx.node.attrs, {1}, ctx.input(1).shape.value());
  const Tensor& weights = int8_weights(ctx, s.k);
  auto prepared = std::make_shared<PreparedDynamicQGemm>();
  const auto range = activation_range(integer_range(ctx.node.notes, DType::u8).qmax);
  prepared->matrix = Int8Matrix(ctx.kernels, range, ctx.node.attrs, weights);
  prepared->w_scale = channel_scales(ctx, s.channel_axis, s.n);
  prepared->w_zero_point = channel_zero_points(ctx, s.n);
  return prepared;
}

StepPlan plan(const PlanContext& ctx) {
  const ProductSizes s(ctx.attrs(), ctx.shape(0), ctx.shape(1));
  const auto& prepared = ctx.prepared<PreparedDynamicQGemm>();
  return {.state = PlanState(s),
          .workspace = scratch_bytes<uint8_t>(s.m * s.k) + scratch_bytes<float>(s.m) +
                       (prepared.w_zero_point.empty() ? 1 : 2) * scratch_bytes<int32_t>(s.m) +
                       prepared.matrix.workspace(ctx.kernels)};
}

void run(RunContext& ctx) {
  const auto& s = ctx.planned<ProductSizes>();
  const auto& prepared = ctx.prepared<PreparedDynamicQGemm>();
  const Clamp& activation = ctx.node.lowered.clamp;
  const IntegerRange integers = integer_range(ctx.node.notes, DType::u8);
  Scratch scratch(ctx.workspace);
  uint8_t* const quantized = scratch.take<uint8_t>(s.m * s.k);
  float* const scale = scratch.take<float>(s.m);
  int32_t* const zero_point = scratch.take<int32_t>(s.m);

  const bool by_row = ctx.node.notes.granularity == Granularity::row;
  const int64_t blocks = by_row ? s.m : 1, length = by_row ? s.k : s.m * s.k;
  const auto quantize_blocks = [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const float* const x = ctx.inputs[0].as<float>() + i * length;
      const auto params =
          kernels::dynamic_params(kernels::find_range(x, length), integers.qmin, integers.qmax);
      kernels::quantize(x, length, params, quantized + i * length);
      scale[i] = params.scale;
      zero_point[i] = params.zero_point;
    }
  };
  if (s.m > 0) parallel_elements(ctx.kernels, blocks, 2 * length, quantize_blocks);
  const float* const bias = ctx.has(2) ? ctx.inputs[2].as<float>() : nullptr;
  kernels::DequantizeF32 epilogue{scale,
                                  zero_point,
                                  by_row ? 1 : 0,
                                  prepared.w_scale.data(),
                                  bias,
                                  activation.low,
                                  activation.high,
                                  ctx.outputs[0].as<float>(),
                                  static_cast<ptrdiff_t>(s.n)};
  if (!prepared.w_zero_point.empty()) {
    int32_t* const sums = scratch.take<int32_t>(s.m);
    row_sums(ctx.kernels, quantized, s.m, s.k, zero_point, by_row ? 1 : 0, sums);
    epilogue.w_zero_point = prepared.w_zero_point.data();
    epilogue.a_sum = sums;
  }
  prepared.matrix.multiply(ctx.kernels, quantized, s.m, scratch, epilogue);
}

OCTAVO_OPERATOR(dynamic_q_gemm, {.name = "octavo.DynamicQGemm",
                                 .min_inputs = 2,
                                 .max_inputs = 3,
                                 .infer = infer,
                                 .prepare = prepare,
                                 .plan = plan,
                                 .run = run,
                                 .macs = product_macs,
                                 .clamps_output = true});

}  // namespace

}  // namespace octavo
