// octavo.Accumulate: slot ← decay · slot + rate · x, float32, where the slot lies. decay and rate are scalars.
#include "kernels/eltwise/accumulate.h"
#include "base/error.h"
#include "graph/op_def.h"
#include "ops/operands.h"
#include "ops/parallel.h"

namespace octavo {

namespace {

void infer(InferContext& ctx) {
  for (std::size_t i = 0; i < 4; ++i) require_dtype(ctx, i, {DType::f32});
  require(ctx.shape(0) == ctx.shape(1) && ctx.shape(2).elements() == 1 && ctx.shape(3).elements() == 1,
          ErrorCode::invalid_graph, "a slot of shape {} cannot take {}", ctx.shape(0), ctx.shape(1));
  infer_as_input(ctx);
}

StepPlan plan(const PlanContext&) { return {.is_view = true, .runs_as_view = true}; }

void run(RunContext& ctx) {
  if (ctx.outputs[0].data != ctx.inputs[0].data) copy_input(ctx);
  const float decay = *ctx.inputs[2].as<float>(), rate = *ctx.inputs[3].as<float>();
  float* const slot = ctx.outputs[0].as<float>();
  const float* const x = ctx.inputs[1].as<float>();
  parallel_elements(ctx.kernels, ctx.outputs[0].shape.elements(), 1, [&](int64_t begin, int64_t end) {
    kernels::accumulate(decay, rate, x + begin, static_cast<std::size_t>(end - begin), slot + begin);
  });
}

OCTAVO_OPERATOR(accumulate, {.name = "octavo.Accumulate",
                             .min_inputs = 4,
                             .max_inputs = 4,
                             .infer = infer,
                             .plan = plan,
                             .run = run});

}  // namespace

}  // namespace octavo
