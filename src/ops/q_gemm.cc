// octavo.QGemm: Gemm and MatMul on integers. x uint8 [… , k], w int8 constant [k, n] (or [n, k] with "transB"), bias
// int32 [n] constant or absent, y uint8 [… , n]. y = clamp(round_half_even((Σ (x - zx) · w + bias) · sx·sw/sy) + zy).
#include "base/error.h"
#include "ops/int8_matrix.h"
#include "ops/int8_weights.h"
#include "ops/kernel_choice.h"

namespace octavo {

namespace {

struct PreparedQGemm : Prepared {
  Int8Matrix matrix;
  Requantization requantization;
};

void infer(InferContext& ctx) {
  require(ctx.dtype(0) == DType::u8 && ctx.dtype(1) == DType::s8, ErrorCode::unsupported,
          "octavo.QGemm takes uint8 and weights of int8, not ", dtype_name(ctx.dtype(0)), " and ",
          dtype_name(ctx.dtype(1)));
  infer_product(ctx, DType::u8);
}

std::shared_ptr<const Prepared> prepare(const PrepareContext& ctx) {
  const ActivationParams in = input_params(ctx, 0);
  const ProductSizes s(ctx.node.attrs, {1}, ctx.input(1).shape.value());
  const Tensor& weights = int8_weights(ctx, s.k);
  auto prepared = std::make_shared<PreparedQGemm>();
  prepared->matrix = Int8Matrix(ctx.kernels, activation_range(in.qmax), ctx.node.attrs, weights);
  prepared->requantization = make_requantization(ctx, channel_scales(ctx, s.channel_axis, s.n), s.k,
                                                 prepared->matrix.weights.column_sum);
  return prepared;
}

StepPlan plan(const PlanContext& ctx) {
  return {.state = PlanState(ProductSizes(ctx.attrs(), ctx.shape(0), ctx.shape(1))),
          .workspace = ctx.prepared<PreparedQGemm>().matrix.workspace(ctx.kernels)};
}

void run(RunContext& ctx) {
  const auto& s = ctx.planned<ProductSizes>();
  const auto& prepared = ctx.prepared<PreparedQGemm>();
  Scratch scratch(ctx.workspace);
  prepared.matrix.multiply(ctx.kernels, ctx.inputs[0].as<uint8_t>(), s.m, scratch,
                           prepared.requantization.epilogue(ctx.outputs[0].as<uint8_t>(), s.n));
}

OCTAVO_OPERATOR(q_gemm, {.name = "octavo.QGemm",
                         .min_inputs = 2,
                         .max_inputs = 3,
                         .infer = infer,
                         .prepare = prepare,
                         .plan = plan,
                         .run = run,
                         .macs = product_macs});

}  // namespace

}  // namespace octavo
