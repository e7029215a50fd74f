// EyeLike: a matrix of any type with ones on a diagonal. ONNX EyeLike-9 … EyeLike-22.
#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "ops/elements.h"
#include "ops/operands.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {{"dtype", AttrKind::integer}, {"k", AttrKind::integer}};

void infer(InferContext& ctx) {
  const Shape& x = ctx.shape(0);
  require(x.rank() == 2, ErrorCode::invalid_graph, "needs a matrix, not shape {}", x);
  std::optional<DType> dtype = ctx.dtype(0);
  if (const int64_t type = ctx.attrs().get_int("dtype", 0); type != 0) dtype = dtype_of_onnx(type);
  require(dtype.has_value(), ErrorCode::unsupported, "the type of the attribute 'dtype' is not supported");
  ctx.set(0, *dtype, x);
}

StepPlan plan(const PlanContext& ctx) { return {.state = PlanState(ctx.attrs().get_int("k", 0))}; }

void run(RunContext& ctx) {
  const TensorView& y = ctx.outputs[0];
  const int64_t rows = y.shape[0], columns = y.shape[1];
  const int64_t k = std::clamp(ctx.planned<int64_t>(), -rows, columns), one = 1;
  std::memset(y.data, 0, y.bytes());
  for (int64_t row = std::max<int64_t>(-k, 0); row < std::min(rows, columns - k); ++row)
    store_elements(&one, y, row * columns + row + k, 1);
}

OCTAVO_OPERATOR(eye_like, {.name = "EyeLike",
                           .since = 9,
                           .attributes = kAttributes,
                           .infer = infer,
                           .plan = plan,
                           .run = run,
                           .same_dtype = false,
                           .shape_only_operands = 1});

}  // namespace

}  // namespace octavo
