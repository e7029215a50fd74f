// Unique of all numeric types: each different element, or slice of an axis, once; where it is first, which one each
// element is, and how often it is there. ONNX Unique-11.
#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "ops/along_axis.h"
#include "ops/operands.h"
#include "ops/order.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {{"axis", AttrKind::integer}, {"sorted", AttrKind::integer}};

void infer(InferContext& ctx) {
  Shape y{kDynamic};
  if (ctx.attrs().has("axis")) {
    y = ctx.shape(0);
    y[axis_or_last(ctx.attrs(), y)] = kDynamic;
  }
  ctx.set(0, ctx.dtype(0), y);
  for (std::size_t i : {1, 3}) ctx.set(i, DType::s64, {kDynamic});
  Shape inverse{kDynamic};
  if (ctx.attrs().has("axis"))
    inverse[0] = ctx.shape(0)[axis_or_last(ctx.attrs(), ctx.shape(0))];
  else if (ctx.shape(0).is_static())
    inverse[0] = ctx.shape(0).elements();
  ctx.set(2, DType::s64, inverse);
}

struct UniquePlan {
  AlongAxis x;  // one block of all elements where there is no axis
  int axis;     // -1: none
  bool sorted;
};

// The workspace: keys of all elements, those of a slice together, and four numbers a slice.
StepPlan plan(const PlanContext& ctx) {
  const Shape& x = ctx.shape(0);
  const bool has_axis = ctx.attrs().has("axis");
  const int axis = has_axis ? axis_or_last(ctx.attrs(), x) : -1;
  const AlongAxis along = has_axis ? AlongAxis(x, axis) : AlongAxis(Shape{x.elements()}, 0);
  return {.state = PlanState(UniquePlan{along, axis, ctx.attrs().get_int("sorted", 1) != 0}),
          .workspace = static_cast<uint64_t>(x.elements() + 4 * along.size) * sizeof(int64_t)};
}

void run(RunContext& ctx) {
  const TensorView& x = ctx.inputs[0];
  const auto& [along, axis, sorted] = ctx.planned<UniquePlan>();
  const int64_t n = along.size, width = along.outer * along.inner;
  auto* const keys = reinterpret_cast<int64_t*>(ctx.workspace.data());
  // Slices in order; the first that is the same as each; which different one each is; the first of each different one.
  int64_t *const rows = keys + n * width, *const first = rows + n, *const number = first + n,
                 *const firsts = number + n;
  for (int64_t outer = 0; outer < along.outer; ++outer)
    for (int64_t i = 0; i < n; ++i)
      order_keys(x, (outer * n + i) * along.inner, along.inner, keys + i * width + outer * along.inner);
  for (int64_t i = 0; i < n; ++i) rows[i] = i;
  sort_rows(keys, width, rows, n, n);

  const std::size_t row_bytes = width * sizeof(int64_t);
  for (int64_t i = 0; i < n; ++i) {
    const bool same =
        i > 0 && std::memcmp(keys + rows[i] * width, keys + rows[i - 1] * width, row_bytes) == 0;
    first[rows[i]] = same ? first[rows[i - 1]] : rows[i];
  }
  int64_t count = 0;
  for (int64_t i = 0; i < n; ++i) {
    const int64_t row = sorted ? rows[i] : i;
    if (first[row] != row) continue;
    number[row] = count;
    firsts[count++] = row;
  }

  Shape shape{count};
  if (axis >= 0) {
    shape = x.shape;
    shape[axis] = count;
  }
  const std::size_t slice = along.inner * size_of(x.dtype);
  std::byte* to = ctx.make_output(0, shape).data;
  for (int64_t outer = 0; outer < along.outer; ++outer)
    for (int64_t i = 0; i < count; ++i, to += slice)
      std::memcpy(to, x.data + (outer * n + firsts[i]) * slice, slice);
  const auto list = [&](std::size_t output, int64_t length) {
    const bool used = output < ctx.node.outputs.size() && ctx.node.outputs[output] != kNoValue;
    return used ? ctx.make_output(output, {length}).as<int64_t>() : nullptr;
  };
  if (int64_t* indices = list(1, count)) std::copy_n(firsts, count, indices);
  if (int64_t* inverse = list(2, n))
    for (int64_t i = 0; i < n; ++i) inverse[i] = number[first[i]];
  if (int64_t* counts = list(3, count)) {
    std::fill_n(counts, count, 0);
    for (int64_t i = 0; i < n; ++i) ++counts[number[first[i]]];
  }
}

OCTAVO_OPERATOR(unique, {.name = "Unique",
                         .since = 11,
                         .max_outputs = 4,
                         .attributes = kAttributes,
                         .infer = infer,
                         .plan = plan,
                         .run = run,
                         .shape_depends_on_data = true});

}  // namespace

}  // namespace octavo
