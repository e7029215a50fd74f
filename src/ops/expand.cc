// Expand and Tile: elements of any dtype, repeated along axes. ONNX Expand-8 … Expand-13, Tile-6 … Tile-13.
#include <cstring>

#include "base/error.h"
#include "kernels/transpose/transpose.h"
#include "ops/operands.h"

namespace octavo {

namespace {

// Input 1 as dimensions or factors, where it is known; dynamic dimensions where only their number is.
std::optional<Shape> listed(const InferContext& ctx) {
  require_dtype(ctx, 1, {DType::s64});
  require(ctx.shape(1).rank() <= 1, ErrorCode::invalid_graph, "input 1 must be a list, but has shape {}",
          ctx.shape(1));
  if (const auto list = ctx.known_ints(1)) {
    for (int64_t item : *list)
      require(item >= 0, ErrorCode::invalid_graph, "{} in input 1 is negative", item);
    return Shape(*list);
  }
  const int64_t length = ctx.known_length(1);
  if (length == kDynamic) return std::nullopt;
  return Shape(Dims(static_cast<uint64_t>(length), kDynamic));
}

void infer_expand(InferContext& ctx) {
  const auto shape = listed(ctx);
  if (!shape) return ctx.set_unknown(0, ctx.dtype(0));
  ctx.set(0, ctx.dtype(0), broadcast_shapes(ctx.shape(0), *shape));
}

StepPlan plan_expand(const PlanContext& ctx) {
  const Shape &x = ctx.shape(0), &y = ctx.output_shape();
  const auto size = static_cast<int64_t>(size_of(ctx.dtype(0)));
  kernels::StridedBox<2>::Steps steps[kernels::kMaxRank] = {};
  int64_t x_step = size, y_step = size;
  for (int axis = y.rank() - 1, from = x.rank() - 1; axis >= 0; --axis, --from) {
    const bool repeats = from < 0 || x[from] == 1;
    steps[axis] = {repeats ? 0 : x_step, y_step};
    if (from >= 0) x_step *= x[from];
    y_step *= y[axis];
  }
  kernels::StridedBox<2> box;
  for (int axis = 0; axis < y.rank(); ++axis) box.append(y[axis], steps[axis]);
  return {.state = PlanState(box), .is_view = x.dims == y.dims};
}

void run_expand(RunContext& ctx) {
  kernels::copy_strided(ctx.planned<kernels::StridedBox<2>>(), ctx.inputs[0].data, ctx.outputs[0].data,
                        static_cast<int>(size_of(ctx.inputs[0].dtype)));
}

void infer_tile(InferContext& ctx) {
  const auto repeats = listed(ctx);
  Shape y = ctx.shape(0);
  require(!repeats || repeats->rank() == y.rank(), ErrorCode::invalid_graph,
          "a tensor of shape {} cannot be repeated {} times", y, repeats ? *repeats : Shape());
  for (int axis = 0; axis < y.rank(); ++axis) {
    const int64_t factor = repeats ? (*repeats)[axis] : kDynamic;
    if (factor == 1 || y[axis] == kDynamic) {
      if (factor != 1) y[axis] = kDynamic;
    } else if (factor == kDynamic) {
      y[axis] = kDynamic;
    } else {
      require(y[axis] == 0 || factor <= kMaxTensorBytes / y[axis], ErrorCode::out_of_memory,
              "{} repetitions of {} elements are too many", factor, y[axis]);
      y[axis] *= factor;
    }
  }
  ctx.set(0, ctx.dtype(0), y);
}

// Writes the input into the corner of the output and repeats what is there, innermost axis first, so that each
// repetition is a copy of whole blocks.
void run_tile(RunContext& ctx) {
  const TensorView &x = ctx.inputs[0], &y = ctx.outputs[0];
  if (y.shape.elements() == 0) return;
  const auto size = static_cast<int64_t>(size_of(x.dtype));
  const Dims x_steps = x.shape.strides(), y_steps = y.shape.strides();
  kernels::StridedBox<2> box;
  for (int axis = 0; axis < x.shape.rank(); ++axis)
    box.append(x.shape[axis], {x_steps[axis] * size, y_steps[axis] * size});
  kernels::copy_strided(box, x.data, y.data, static_cast<int>(size));
  for (int axis = x.shape.rank() - 1; axis >= 0; --axis) {
    if (y.shape[axis] == x.shape[axis]) continue;
    const auto block = static_cast<std::size_t>(x.shape[axis] * y_steps[axis] * size);
    kernels::StridedBox<1> outer;
    for (int a = 0; a < axis; ++a) outer.append(x.shape[a], {y_steps[a] * size});
    outer.for_each(outer.rank, {y.data}, [&](const auto& at) {
      for (int64_t i = 1; i < y.shape[axis] / x.shape[axis]; ++i)
        std::memcpy(at[0] + i * block, at[0], block);
    });
  }
}

StepPlan plan_tile(const PlanContext& ctx) { return {.is_view = ctx.shape(0) == ctx.output_shape()}; }

constexpr OpDef repeating(std::string_view name, int since, void (*infer)(InferContext&),
                          StepPlan (*plan)(const PlanContext&), void (*run)(RunContext&)) {
  return {.name = name,
          .since = since,
          .min_inputs = 2,
          .max_inputs = 2,
          .infer = infer,
          .plan = plan,
          .run = run,
          .shape_operands = 1 << 1,
          .quant = kMovesElements};
}

OCTAVO_OPERATOR(expand, repeating("Expand", 8, infer_expand, plan_expand, run_expand));
OCTAVO_OPERATOR(tile, repeating("Tile", 6, infer_tile, plan_tile, run_tile));

}  // namespace

}  // namespace octavo
