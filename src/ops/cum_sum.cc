// CumSum of all numeric types: sums of the elements up to each one along an axis. ONNX CumSum-11 … CumSum-14.
#include <algorithm>

#include "base/error.h"
#include "ops/along_axis.h"
#include "ops/elements.h"
#include "ops/operands.h"
#include "ops/parallel.h"

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

template <class Middle>
void sum(const SumPlan& plan, const Columns& columns, const TensorView& x, const TensorView& y,
         int64_t piece) {
  const int64_t n = columns.count(piece), size = columns.x.size;
  Middle sums[kChunk] = {}, chunk[kChunk];
  for (int64_t done = 0; done < size; done += columns.rows) {
    const int64_t rows = std::min(columns.rows, size - done);
    const int64_t at = columns.at(piece, plan.reverse ? size - done - rows : done);
    load_elements(x, at, rows * n, chunk);
    for (int64_t r = 0; r < rows; ++r) {
      Middle* const row = chunk + (plan.reverse ? rows - 1 - r : r) * n;
      for (int64_t i = 0; i < n; ++i) {
        const Middle total = add(sums[i], row[i]);
        row[i] = plan.exclusive ? sums[i] : total;
        sums[i] = total;
      }
    }
    store_elements(chunk, y, at, rows * n);
  }
}

void run(RunContext& ctx) {
  const TensorView &x = ctx.inputs[0], &y = ctx.outputs[0];
  const int64_t axis = int_at(ctx.inputs[1], 0), rank = x.shape.rank();
  require(axis >= -rank && axis < rank, ErrorCode::invalid_input, "axis {} is outside shape {}", axis,
          x.shape);
  const Columns columns(AlongAxis(x.shape, static_cast<int>(axis < 0 ? axis + rank : axis)));
  const auto sum_piece = is_float(x.dtype) ? sum<double> : sum<int64_t>;
  parallel_elements(ctx.kernels, columns.pieces(), columns.x.size * columns.width * 4,
                    [&](int64_t begin, int64_t end) {
                      for (int64_t piece = begin; piece < end; ++piece)
                        sum_piece(ctx.planned<SumPlan>(), columns, x, y, piece);
                    });
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
