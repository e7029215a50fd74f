// Where (any type): condition ? x : y with broadcasting. ONNX Where-9 … Where-16.
#include "kernels/eltwise/where.h"

#include "ops/broadcast.h"
#include "ops/operands.h"
#include "ops/parallel.h"

namespace octavo {

namespace {

void infer(InferContext& ctx) {
  require_dtype(ctx, 0, {DType::boolean});
  require_same_dtype(ctx, 1, 2);
  const Shape out = broadcast_shapes(broadcast_shapes(ctx.shape(0), ctx.shape(1)), ctx.shape(2));
  ctx.set(0, ctx.dtype(1), out);
}

StepPlan plan(const PlanContext& ctx) {
  const int rank = ctx.output_shape().rank();
  kernels::StridedBox<4> box;
  for (int axis = 0; axis < rank; ++axis)
    box.append(ctx.output_shape()[axis],
               {broadcast_step(ctx.inputs[0], axis, rank), broadcast_step(ctx.inputs[1], axis, rank),
                broadcast_step(ctx.inputs[2], axis, rank), broadcast_step(ctx.outputs[0], axis, rank)});
  return {.state = PlanState(box)};
}

void run(RunContext& ctx) {
  const TensorView &condition = ctx.inputs[0], &x = ctx.inputs[1], &y = ctx.inputs[2], &out = ctx.outputs[0];
  const kernels::WhereRow row = kernels::where_row(size_of(out.dtype));
  parallel_box<4>(ctx.kernels, ctx.planned<kernels::StridedBox<4>>(),
                  {condition.data, x.data, y.data, out.data},
                  [&](const auto& piece, const auto& pointers) { piece.for_each_row(pointers, row); });
}

OCTAVO_OPERATOR(where, {.name = "Where",
                        .since = 9,
                        .min_inputs = 3,
                        .max_inputs = 3,
                        .infer = infer,
                        .plan = plan,
                        .run = run,
                        .dtype_input = 1,
                        .layout = LayoutRule::elementwise});

}  // namespace

}  // namespace octavo
