// octavo.QGemmToFloat: Gemm and MatMul on integers, whose result nobody wants as integers. x uint8 [… , k], w int8
// constant [k, n] (or [n, k] with "transB"), bias float32 [n] or absent, y float32 [… , n]:
// y = clamp(Σ (x - zx) · (w - zw) · (sx·sw) + bias).
#include "ops/dynamic_product.h"
#include "ops/int8_weights.h"
#include "ops/kernel_choice.h"

namespace octavo {

namespace {

struct PreparedQGemmToFloat : Prepared {
  ActivationParams in;
  DynamicWeights weights;
};

void infer(InferContext& ctx) {
  require_u8_and_s8(ctx);
  infer_product(ctx, DType::f32);
}

std::shared_ptr<const Prepared> prepare(const PrepareContext& ctx) {
  auto prepared = std::make_shared<PreparedQGemmToFloat>();
  prepared->in = input_params(ctx, 0);
  prepared->weights = dynamic_weights(ctx, activation_range(prepared->in.qmax));
  return prepared;
}

StepPlan plan(const PlanContext& ctx) {
  const ProductSizes s(ctx.attrs(), ctx.shape(0), ctx.shape(1));
  return {.state = PlanState(s),
          .workspace = scratch_bytes<int32_t>(s.m) +
                       ctx.prepared<PreparedQGemmToFloat>().weights.matrix.workspace(ctx.kernels)};
}

void run(RunContext& ctx) {
  const auto& s = ctx.planned<ProductSizes>();
  const auto& [in, weights] = ctx.prepared<PreparedQGemmToFloat>();
  const Clamp& activation = ctx.node.lowered.clamp;
  const auto* const x = ctx.inputs[0].as<uint8_t>();
  Scratch scratch(ctx.workspace);
  int32_t* const sums = scratch.take<int32_t>(s.m);
  const bool is_centred = !weights.zero_point.empty();
  if (is_centred) row_sums(ctx.kernels, x, s.m, s.k, &in.zero_point, 0, sums);
  weights.matrix.multiply(
      ctx.kernels, x, s.m, scratch,
      kernels::DequantizeF32{&in.scale, &in.zero_point, 0, weights.scale.data(),
                             ctx.has(2) ? ctx.inputs[2].as<float>() : ctx.node.lowered.added(),
                             activation.low, activation.high, ctx.outputs[0].as<float>(),
                             static_cast<ptrdiff_t>(s.n), is_centred ? weights.zero_point.data() : nullptr,
                             sums});
}

OCTAVO_OPERATOR(q_gemm_to_float, {.name = "octavo.QGemmToFloat",
                                  .min_inputs = 2,
                                  .max_inputs = 3,
                                  .infer = infer,
                                  .prepare = prepare,
                                  .plan = plan,
                                  .run = run,
                                  .macs = product_macs,
                                  .same_dtype = false,
                                  .clamps_output = true,
                                  .adds_bias = true});

}  // namespace

}  // namespace octavo
