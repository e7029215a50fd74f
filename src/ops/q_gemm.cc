// octavo.QGemm: Gemm and MatMul on integers. x uint8 [… , k], w int8 constant [k, n] (or [n, k] with "transB"), bias
// int32 [n] constant or absent, y uint8 [… , n]. y = clamp(round_half_even((Σ (x - zx) · w + bias) · sx·sw/sy) + zy).
#include "ops/int8_matrix.h"
#include "ops/int8_weights.h"
#include "ops/kernel_choice.h"

namespace octavo {

namespace {

struct PreparedQGemm : Prepared {
  Int8Matrix matrix;
  Requantization requantization;
  CentredProducts centred;
  int32_t zero_point;
};

void infer(InferContext& ctx) {
  require_u8_and_s8(ctx);
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
  prepared->centred.zero_points = channel_zero_points(ctx, s.n);
  prepared->zero_point = in.zero_point;
  if (!prepared->centred.zero_points.empty())
    prepared->matrix.weights.column_sum = prepared->requantization.bias.data();
  return prepared;
}

StepPlan plan(const PlanContext& ctx) {
  const ProductSizes s(ctx.attrs(), ctx.shape(0), ctx.shape(1));
  const auto& prepared = ctx.prepared<PreparedQGemm>();
  return {.state = PlanState(s),
          .workspace = prepared.centred.workspace(s.m, s.n) +
                       (prepared.centred.zero_points.empty() ? 0 : scratch_bytes<int32_t>(s.m)) +
                       prepared.matrix.workspace(ctx.kernels)};
}

void run(RunContext& ctx) {
  const auto& s = ctx.planned<ProductSizes>();
  const auto& prepared = ctx.prepared<PreparedQGemm>();
  const auto* const x = ctx.inputs[0].as<uint8_t>();
  auto* const y = ctx.outputs[0].as<uint8_t>();
  Scratch scratch(ctx.workspace);
  const auto multiply = [&](const auto& epilogue) {
    prepared.matrix.multiply(ctx.kernels, x, s.m, scratch, epilogue);
  };
  if (prepared.centred.zero_points.empty()) return multiply(prepared.requantization.epilogue(y, s.n));
  int32_t* const sums = scratch.take<int32_t>(s.m);
  row_sums(ctx.kernels, x, s.m, s.k, &prepared.zero_point, 0, sums);
  prepared.centred.requantize(ctx.kernels, prepared.requantization, s.m, sums, y, scratch, multiply);
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
