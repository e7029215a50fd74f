// Trilu of any dtype: the upper or lower triangle of matrices, zeros elsewhere. ONNX Trilu-14.
#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "ops/operands.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {{"upper", AttrKind::integer}};

void infer(InferContext& ctx) {
  require(ctx.shape(0).rank() >= 2, ErrorCode::invalid_graph, "needs matrices, not shape {}", ctx.shape(0));
  if (ctx.has(1)) {
    require_dtype(ctx, 1, {DType::s64});
    require_elements(ctx, 1, 1);
  }
  infer_as_input(ctx);
}

StepPlan plan(const PlanContext& ctx) { return {.state = PlanState(ctx.attrs().get_int("upper", 1) != 0)}; }

void run(RunContext& ctx) {
  copy_input(ctx);
  const TensorView& y = ctx.outputs[0];
  const bool upper = ctx.planned<bool>();
  const int64_t rows = y.shape.dims[y.shape.rank() - 2], columns = y.shape.dims.back();
  if (rows == 0 || columns == 0) return;
  const int64_t k = ctx.has(1) ? std::clamp(int_at(ctx.inputs[1], 0), -rows - 1, columns) : 0;
  const auto size = static_cast<int64_t>(size_of(y.dtype)), all = y.shape.elements() / columns;
  std::byte* line = y.data;
  for (int64_t i = 0; i < all; ++i, line += columns * size) {
    // The upper triangle begins at `split`, the lower one ends before it.
    const int64_t split = std::clamp<int64_t>(i % rows + k + (upper ? 0 : 1), 0, columns);
    std::memset(upper ? line : line + split * size, 0, (upper ? split : columns - split) * size);
  }
}

OCTAVO_OPERATOR(trilu, {.name = "Trilu",
                        .since = 14,
                        .max_inputs = 2,
                        .attributes = kAttributes,
                        .infer = infer,
                        .plan = plan,
                        .run = run});

}  // namespace

}  // namespace octavo
