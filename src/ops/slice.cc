// Slice of any dtype, with steps of either sign. ONNX Slice-10 … Slice-13.
#include <algorithm>

#include "base/error.h"
#include "kernels/transpose/transpose.h"
#include "ops/operands.h"

namespace octavo {

namespace {

enum : std::size_t { kStarts = 1, kEnds = 2, kAxes = 3, kSteps = 4 };

// Elements start, start + step, … of an axis, `count` of them.
struct Range {
  int64_t start = 0, step = 1, count = 0;
};

// numpy's start:end:step on an axis of `dim` elements.
Range slice_axis(int64_t dim, int64_t start, int64_t end, int64_t step) {
  require(step != 0, ErrorCode::invalid_graph, "the step of a slice is 0");
  if (start < 0) start += dim;
  if (end < 0) end += dim;
  const bool forward = step > 0;
  start = forward ? std::clamp<int64_t>(start, 0, dim) : std::clamp<int64_t>(start, -1, dim - 1);
  end = forward ? std::clamp<int64_t>(end, 0, dim) : std::clamp<int64_t>(end, -1, dim - 1);
  const int64_t length = forward ? end - start : start - end;
  if (length <= 0) return {0, 1, 0};
  const uint64_t stride = forward ? static_cast<uint64_t>(step) : -static_cast<uint64_t>(step);
  return {start, step, static_cast<int64_t>((static_cast<uint64_t>(length) - 1) / stride + 1)};
}

void require_list(const InferContext& ctx, std::size_t i, int rank) {
  const Shape &shape = ctx.shape(i), &starts = ctx.shape(kStarts);
  const bool is_list = shape.rank() == 1 && shape[0] <= rank;
  require(is_list && (shape[0] == starts[0] || shape[0] == kDynamic || starts[0] == kDynamic),
          ErrorCode::invalid_graph, "starts and input {} have shapes {} and {} but the data has {} axes", i,
          starts, shape, rank);
}

void infer(InferContext& ctx) {
  const Shape& x = ctx.shape(0);
  bool bounds_known = true;
  for (std::size_t i : {kStarts, kEnds, kAxes, kSteps}) {
    if (!ctx.has(i)) continue;
    require_list(ctx, i, x.rank());
    if (i != kAxes) bounds_known &= ctx.inputs[i].known != nullptr;
  }
  const int64_t count = ctx.known_length(kStarts);
  const bool axes_known = ctx.has(kAxes) ? ctx.inputs[kAxes].known != nullptr : count != kDynamic;
  if (!axes_known) return ctx.set(0, ctx.dtype(0), Shape(Dims(x.rank(), kDynamic)));
  if (ctx.has(kAxes)) axis_mask(ctx.inputs[kAxes].known->view(), x.rank());

  const auto value = [&](std::size_t i, int64_t at) { return int_at(ctx.inputs[i].known->view(), at); };
  Shape y = x;
  const int64_t axes = ctx.has(kAxes) ? ctx.inputs[kAxes].known->shape().elements() : count;
  for (int64_t i = 0; i < axes; ++i) {
    const int axis = ctx.has(kAxes) ? normalize_axis(value(kAxes, i), x.rank()) : static_cast<int>(i);
    if (bounds_known && x[axis] != kDynamic)
      y[axis] =
          slice_axis(x[axis], value(kStarts, i), value(kEnds, i), ctx.has(kSteps) ? value(kSteps, i) : 1)
              .count;
    else
      y[axis] = kDynamic;
  }
  ctx.set(0, ctx.dtype(0), y);
}

struct SlicePlan {
  kernels::StridedBox<2> box;
  int64_t start;  // bytes into x
};

StepPlan plan(const PlanContext& ctx) {
  const Shape &x = ctx.shape(0), &y = ctx.output_shape();
  const int rank = x.rank();
  Range ranges[kernels::kMaxRank];
  for (int axis = 0; axis < rank; ++axis) ranges[axis] = {0, 1, x[axis]};
  for (int64_t i = 0; i < ctx.shape(kStarts).elements(); ++i) {
    const int axis = ctx.has(kAxes) ? normalize_axis(int_at(ctx.known(kAxes), i), rank) : static_cast<int>(i);
    ranges[axis] = slice_axis(x[axis], int_at(ctx.known(kStarts), i), int_at(ctx.known(kEnds), i),
                              ctx.has(kSteps) ? int_at(ctx.known(kSteps), i) : 1);
  }
  const auto size = static_cast<int64_t>(size_of(ctx.dtype(0)));
  kernels::StridedBox<2>::Steps steps[kernels::kMaxRank] = {};
  SlicePlan plan{{}, 0};
  int64_t x_step = size, y_step = size;
  for (int axis = rank - 1; axis >= 0; --axis) {
    const Range& range = ranges[axis];
    // A step that is never taken may be too large to multiply.
    steps[axis] = {range.count > 1 ? range.step * x_step : 0, y_step};
    plan.start += range.start * x_step;
    x_step *= x[axis];
    y_step *= y[axis];
  }
  for (int axis = 0; axis < rank; ++axis) plan.box.append(y[axis], steps[axis]);
  return {.state = PlanState(plan)};
}

void run(RunContext& ctx) {
  const TensorView& x = ctx.inputs[0];
  const auto& [box, start] = ctx.planned<SlicePlan>();
  kernels::copy_strided(box, x.data + start, ctx.outputs[0].data, static_cast<int>(size_of(x.dtype)));
}

bool permute(Graph& graph, Node& node, std::span<const int> permutation) {
  const auto& starts = graph[node.inputs[kStarts]].shape;
  if (!starts || !starts->is_static()) return false;
  return permute_axes_input(graph, node, kAxes, starts->elements(), permutation);
}

OCTAVO_OPERATOR(slice, {.name = "Slice",
                        .min_inputs = 3,
                        .max_inputs = 5,
                        .infer = infer,
                        .plan = plan,
                        .run = run,
                        .shape_operands = 1 << kStarts | 1 << kEnds | 1 << kAxes | 1 << kSteps,
                        .layout = LayoutRule::permutable,
                        .permute = permute,
                        .quant = kMovesElements});

}  // namespace

}  // namespace octavo
