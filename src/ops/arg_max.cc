// ArgMax and ArgMin: where along an axis the largest or smallest element is; Hardmax: 1 at the largest, 0 elsewhere.
// All numeric types. ONNX ArgMax-1 … ArgMax-13, ArgMin-1 … ArgMin-13, Hardmax-13.
#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "ops/along_axis.h"
#include "ops/elements.h"
#include "ops/operands.h"
#include "ops/order.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {
    {"axis", AttrKind::integer}, {"keepdims", AttrKind::integer}, {"select_last_index", AttrKind::integer}};

int axis_of(const Attrs& attrs, const Shape& x) { return normalize_axis(attrs.get_int("axis", 0), x.rank()); }

void infer(InferContext& ctx) {
  Shape y = ctx.shape(0);
  const int axis = axis_of(ctx.attrs(), y);
  require(y[axis] != 0, ErrorCode::invalid_graph, "axis ", axis, " of shape ", y, " has no elements");
  y[axis] = 1;
  if (ctx.attrs().get_int("keepdims", 1) == 0) y.dims.erase(y.dims.begin() + axis);
  ctx.set(0, DType::s64, y);
}

struct ArgPlan {
  AlongAxis x;
  bool largest, last;
};

template <bool largest> StepPlan plan(const PlanContext& ctx) {
  const AlongAxis x(ctx.shape(0), axis_of(ctx.attrs(), ctx.shape(0)));
  return {.state = PlanState(ArgPlan{x, largest, ctx.attrs().get_int("select_last_index", 0) != 0}),
          .workspace = static_cast<uint64_t>(x.inner) * sizeof(int64_t)};
}

// found[i] = where column i of block `outer` has its best element. `best` has room for a key each.
void find_best(const ArgPlan& plan, const TensorView& x, int64_t outer, int64_t* best, int64_t* found) {
  const int64_t block = plan.x.size * plan.x.inner, first = outer * block, flip = plan.largest ? 0 : -1;
  int64_t keys[kChunk], row = 0, column = 0;
  for (int64_t start = 0; start < block; start += kChunk) {
    const int64_t n = std::min(kChunk, block - start);
    order_keys(x, first + start, n, keys);
    for (int64_t i = 0; i < n; ++i) {
      const int64_t key = keys[i] ^ flip;
      if (row == 0 || key > best[column] || (plan.last && key == best[column])) {
        best[column] = key;
        found[column] = row;
      }
      if (++column == plan.x.inner) {
        column = 0;
        ++row;
      }
    }
  }
}

void run(RunContext& ctx) {
  const auto& plan = ctx.planned<ArgPlan>();
  auto* const best = reinterpret_cast<int64_t*>(ctx.workspace.data());
  for (int64_t outer = 0; outer < plan.x.outer; ++outer)
    find_best(plan, ctx.inputs[0], outer, best, ctx.outputs[0].as<int64_t>() + outer * plan.x.inner);
}

StepPlan plan_hardmax(const PlanContext& ctx) {
  const AlongAxis x(ctx.shape(0), axis_or_last(ctx.attrs(), ctx.shape(0)));
  return {.state = PlanState(ArgPlan{x, true, false}),
          .workspace = static_cast<uint64_t>(x.inner) * 2 * sizeof(int64_t)};
}

void run_hardmax(RunContext& ctx) {
  const TensorView& y = ctx.outputs[0];
  const auto& plan = ctx.planned<ArgPlan>();
  const int64_t inner = plan.x.inner, one = 1;
  auto* const best = reinterpret_cast<int64_t*>(ctx.workspace.data());
  std::memset(y.data, 0, y.bytes());
  if (plan.x.size == 0) return;
  for (int64_t outer = 0; outer < plan.x.outer; ++outer) {
    find_best(plan, ctx.inputs[0], outer, best, best + inner);
    for (int64_t i = 0; i < inner; ++i)
      store_elements(&one, y, (outer * plan.x.size + best[inner + i]) * inner + i, 1);
  }
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
