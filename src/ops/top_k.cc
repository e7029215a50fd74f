// TopK of all numeric types: the K largest or smallest elements along an axis, in order, and where they are. ONNX
// TopK-11 … TopK-24.
#include <cstring>

#include "base/error.h"
#include "ops/along_axis.h"
#include "ops/operands.h"
#include "ops/order.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {
    {"axis", AttrKind::integer}, {"largest", AttrKind::integer}, {"sorted", AttrKind::integer}};

void infer(InferContext& ctx) {
  require_dtype(ctx, 1, {DType::s64});
  Shape y = ctx.shape(0);
  const int axis = axis_or_last(ctx.attrs(), y);
  require_elements(ctx, 1, 1);
  int64_t count = kDynamic;
  if (ctx.inputs[1].known != nullptr) {
    count = int_at(ctx.inputs[1].known->view(), 0);
    require(count >= 0 && (y[axis] == kDynamic || count <= y[axis]), ErrorCode::invalid_graph,
            "K is {} for axis {} of shape {}", count, axis, y);
  }
  y[axis] = count;
  ctx.set(0, ctx.dtype(0), y);
  ctx.set(1, DType::s64, y);
}

struct TopPlan {
  AlongAxis x;
  int64_t count;
  bool largest;
};

StepPlan plan(const PlanContext& ctx) {
  const int axis = axis_or_last(ctx.attrs(), ctx.shape(0));
  const AlongAxis x(ctx.shape(0), axis);
  return {.state = PlanState(TopPlan{x, ctx.output_shape()[axis], ctx.attrs().get_int("largest", 1) != 0}),
          .workspace = static_cast<uint64_t>(x.size) * 2 * sizeof(int64_t)};
}

void run(RunContext& ctx) {
  const TensorView &x = ctx.inputs[0], &values = ctx.outputs[0];
  const auto& [along, count, largest] = ctx.planned<TopPlan>();
  int64_t* const indices =
      ctx.outputs.size() > 1 && ctx.outputs[1].present() ? ctx.outputs[1].as<int64_t>() : nullptr;
  auto* const keys = reinterpret_cast<int64_t*>(ctx.workspace.data());
  int64_t* const rows = keys + along.size;
  const std::size_t size = size_of(x.dtype);
  for (int64_t outer = 0; outer < along.outer; ++outer)
    for (int64_t inner = 0; inner < along.inner; ++inner) {
      const int64_t first = outer * along.size * along.inner + inner;
      if (along.inner == 1) order_keys(x, first, along.size, keys);
      for (int64_t i = 0; i < along.size; ++i) {
        if (along.inner != 1) order_keys(x, first + i * along.inner, 1, keys + i);
        if (largest) keys[i] = ~keys[i];
        rows[i] = i;
      }
      sort_rows(keys, 1, rows, along.size, count);
      for (int64_t i = 0; i < count; ++i) {
        const int64_t to = (outer * count + i) * along.inner + inner;
        std::memcpy(values.data + to * size, x.data + (first + rows[i] * along.inner) * size, size);
        if (indices != nullptr) indices[to] = rows[i];
      }
    }
}

OCTAVO_OPERATOR(top_k, {.name = "TopK",
                        .min_inputs = 2,
                        .max_inputs = 2,
                        .max_outputs = 2,
                        .attributes = kAttributes,
                        .infer = infer,
                        .plan = plan,
                        .run = run,
                        .shape_operands = 1 << 1});

}  // namespace

}  // namespace octavo
