// ArgMax and ArgMin: where along an axis the largest or smallest element is; Hardmax: 1 at the largest, 0 elsewhere.
// All numeric types. ONNX ArgMax-1 … ArgMax-13, ArgMin-1 … ArgMin-13, Hardmax-13.
#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "ops/along_axis.h"
#include "ops/elements.h"
#include "ops/operands.h"
#include "ops/order.h"
#include "ops/parallel.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {
    {"axis", AttrKind::integer}, {"keepdims", AttrKind::integer}, {"select_last_index", AttrKind::integer}};

int axis_of(const Attrs& attrs, const Shape& x) { return normalize_axis(attrs.get_int("axis", 0), x.rank()); }

void infer(InferContext& ctx) {
  Shape y = ctx.shape(0);
  const int axis = axis_of(ctx.attrs(), y);
  require(y[axis] != 0, ErrorCode::invalid_graph, "axis {} of shape {} has no elements", axis, y);
  y[axis] = 1;
  if (ctx.attrs().get_int("keepdims", 1) == 0) y.dims.erase(y.dims.begin() + axis);
  ctx.set(0, DType::s64, y);
}

struct ArgPlan {
  Columns x;
  bool largest, last;
};

template <bool largest> StepPlan plan(const PlanContext& ctx) {
  const AlongAxis x(ctx.shape(0), axis_of(ctx.attrs(), ctx.shape(0)));
  return {.state = PlanState(ArgPlan{Columns(x), largest, ctx.attrs().get_int("select_last_index", 0) != 0})};
}

// found[i] = where column i of the piece has its best element.
void find_best(const ArgPlan& plan, const TensorView& x, int64_t piece, int64_t* found) {
  const int64_t n = plan.x.count(piece), size = plan.x.x.size, flip = plan.largest ? 0 : -1;
  int64_t keys[kChunk], best[kChunk];
  for (int64_t row = 0; row < size; row += plan.x.rows) {
    const int64_t rows = std::min(plan.x.rows, size - row);
    order_keys(x, plan.x.at(piece, row), rows * n, keys);
    const int64_t* next = keys;
    for (int64_t r = row; r < row + rows; ++r)
      for (int64_t i = 0; i < n; ++i) {
        const int64_t key = *next++ ^ flip;
        if (r > 0 && key <= best[i] && !(plan.last && key == best[i])) continue;
        best[i] = key;
        found[i] = r;
      }
  }
}

template <class Body> void for_each_piece(RunContext& ctx, const Body& body) {
  const auto& columns = ctx.planned<ArgPlan>().x;
  parallel_elements(ctx.kernels, columns.pieces(), columns.x.size * columns.width * 4,
                    [&](int64_t begin, int64_t end) {
                      for (int64_t piece = begin; piece < end; ++piece) body(columns, piece);
                    });
}

void run(RunContext& ctx) {
  for_each_piece(ctx, [&](const Columns& columns, int64_t piece) {
    const int64_t at = piece / columns.pieces_of_row * columns.x.inner + columns.column(piece);
    find_best(ctx.planned<ArgPlan>(), ctx.inputs[0], piece, ctx.outputs[0].as<int64_t>() + at);
  });
}

StepPlan plan_hardmax(const PlanContext& ctx) {
  const AlongAxis x(ctx.shape(0), axis_or_last(ctx.attrs(), ctx.shape(0)));
  return {.state = PlanState(ArgPlan{Columns(x), true, false})};
}

void run_hardmax(RunContext& ctx) {
  const TensorView& y = ctx.outputs[0];
  std::memset(y.data, 0, y.bytes());
  if (y.shape.elements() == 0) return;
  for_each_piece(ctx, [&](const Columns& columns, int64_t piece) {
    int64_t found[kChunk];
    const int64_t one = 1;
    find_best(ctx.planned<ArgPlan>(), ctx.inputs[0], piece, found);
    for (int64_t i = 0; i < columns.count(piece); ++i)
      store_elements(&one, y, columns.at(piece, found[i]) + i, 1);
  });
}

void infer_hardmax(InferContext& ctx) {
  axis_or_last(ctx.attrs(), ctx.shape(0));
  infer_as_input(ctx);
}

template <bool largest> constexpr OpDef define(std::string_view name) {
  return {.name = name,
          .attributes = kAttributes,
          .infer = infer,
          .plan = plan<largest>,
          .run = run,
          .same_dtype = false};
}

OCTAVO_OPERATOR(arg_max, define<true>("ArgMax"));
OCTAVO_OPERATOR(arg_min, define<false>("ArgMin"));
OCTAVO_OPERATOR(hardmax, {.name = "Hardmax",
                          .attributes = kAxisAttribute,
                          .infer = infer_hardmax,
                          .plan = plan_hardmax,
                          .run = run_hardmax});

}  // namespace

}  // namespace octavo
