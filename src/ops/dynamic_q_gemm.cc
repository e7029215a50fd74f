// octavo.DynamicQGemm: DynamicQuantizeLinear → Gemm or MatMul on integers → float, in one. x float32 [… , k], w int8
// constant [k, n] (or [n, k] with "transB"), bias float32 [n] or absent, y float32 [… , n]. The notes are those of the
// DynamicQuantizeLinear: Granularity::row ranges each row of x on its own, tensor all of x; qmax narrows its integers.
#include "base/error.h"
#include "graph/qdq.h"
#include "ops/dynamic_product.h"
#include "ops/int8_weights.h"
#include "ops/kernel_choice.h"
#include "ops/scratch.h"

namespace octavo {

namespace {

struct PreparedDynamicQGemm : Prepared {
  DynamicWeights weights;
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
  auto prepared = std::make_shared<PreparedDynamicQGemm>();
  const auto range = activation_range(integer_range(ctx.node.notes, DType::u8).qmax);
  prepared->weights = dynamic_weights(ctx, range);
  return prepared;
}

StepPlan plan(const PlanContext& ctx) {
  const ProductSizes s(ctx.attrs(), ctx.shape(0), ctx.shape(1));
  const auto& prepared = ctx.prepared<PreparedDynamicQGemm>();
  return {.state = PlanState(s), .workspace = dynamic_workspace(ctx.kernels, prepared.weights, s.m)};
}

void run(RunContext& ctx) {
  const auto& s = ctx.planned<ProductSizes>();
  const Clamp& activation = ctx.node.lowered.clamp;
  const float* const bias = ctx.has(2) ? ctx.inputs[2].as<float>() : ctx.node.lowered.added();
  multiply(ctx.kernels, ctx.prepared<PreparedDynamicQGemm>().weights,
           {ctx.inputs[0].as<float>(), static_cast<ptrdiff_t>(s.k), static_cast<int>(s.m)}, ctx.node.notes,
           {bias, activation.low, activation.high, ctx.outputs[0].as<float>(), static_cast<ptrdiff_t>(s.n)},
           Scratch(ctx.workspace));
}

OCTAVO_OPERATOR(dynamic_q_gemm, {.name = "octavo.DynamicQGemm",
                                 .min_inputs = 2,
                                 .max_inputs = 3,
                                 .infer = infer,
                                 .prepare = prepare,
                                 .plan = plan,
                                 .run = run,
                                 .macs = product_macs,
                                 .clamps_output = true,
                                 .adds_bias = true});

}  // namespace

}  // namespace octavo
