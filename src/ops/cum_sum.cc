// CumSum of all numeric types: sums of the elements up to each one along an axis. ONNX CumSum-11 … CumSum-14.
#include <algorithm>

#include "base/error.h"
#include "ops/along_axis.h"
#include "ops/elements.h"
#include "ops/indices.h"
#include "ops/operands.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {{"exclusive", AttrKind::integer}, {"reverse", AttrKind::integer}};

void infer(InferContext& ctx) {
  require_dtype(ctx, 1, {DType::s32, DType::s64});
  require_elements(ctx, 1, 1);
  if (ctx.inputs[1].known != nullptr)
    normalize_axis(int_at(ctx.inputs[1].known->view(), 0), ctx.shape(0).rank());
  infer_as_input(ctx);
}

struct SumPlan {
  bool exclusive, reverse;
};

StepPlan plan(const PlanContext& ctx) {
  return {.state = PlanState(
              SumPlan{ctx.attrs().get_int("exclusive", 0) != 0, ctx.attrs().get_int("reverse", 0) != 0})};
}

// Integers wrap around.
int64_t add(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
double add(double a, double b) { return a + b; }

// Columns of the axis, as many as fit into a chunk at once, with several of their rows where they are few.
template <class Middle>
void sum(const SumPlan& plan, const AlongAxis& along, const TensorView& x, const TensorView& y) {
  for (int64_t outer = 0; outer < along.outer; ++outer)
    for (int64_t column = 0; column < along.inner; column += kChunk) {
      const int64_t n = std::min(kChunk, along.inner - column), rows = n == along.inner ? kChunk / n : 1;
      Middle sums[kChunk] = {}, chunk[kChunk];
      for (int64_t done = 0; done < along.size; done += rows) {
        const int64_t count = std::min(rows, along.size - done);
        const int64_t row = plan.reverse ? along.size - done - count : done;
        const int64_t at = (outer * along.size + row) * along.inner + column;
        load_elements(x, at, count * n, chunk);
        for (int64_t r = 0; r < count; ++r) {
          Middle* const elements = chunk + (plan.reverse ? count - 1 - r : r) * n;
          for (int64_t i = 0; i < n; ++i) {
            const Middle total = add(sums[i], elements[i]);
            elements[i] = plan.exclusive ? sums[i] : total;
            sums[i] = total;
          }
        }
        store_elements(chunk, y, at, count * n);
      }
    }
}

void run(RunContext& ctx) {
  const TensorView &x = ctx.inputs[0], &y = ctx.outputs[0];
  const int64_t axis = int_at(ctx.inputs[1], 0), rank = x.shape.rank();
  require(axis >= -rank && axis < rank, ErrorCode::invalid_input, "axis ", axis, " is outside shape ",
          x.shape);
  const AlongAxis along(x.shape, static_cast<int>(axis < 0 ? axis + rank : axis));
  (is_float(x.dtype) ? sum<double> : sum<int64_t>)(ctx.planned<SumPlan>(), along, x, y);
}

OCTAVO_OPERATOR(cum_sum, {.name = "CumSum",
                          .since = 11,
                          .min_inputs = 2,
                          .max_inputs = 2,
                          .attributes = kAttributes,
                          .infer = infer,
                          .plan = plan,
                          .run = run});

}  // namespace

}  // namespace octavo
