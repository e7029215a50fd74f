// Transpose of any dtype. ONNX Transpose-1 … Transpose-21.
#include "kernels/transpose/transpose.h"

#include "base/error.h"
#include "ops/operands.h"
#include "ops/parallel.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {{"perm", AttrKind::integers}};

// Attribute "perm": axis i of the output is axis perm[i] of the input. Empty: the axes in reverse order.
struct Permutation {
  Dims axes;

  explicit Permutation(const Attrs& attrs) : axes(attrs.get_ints("perm")) {}
  int operator()(int axis, int rank) const {
    return axes.empty() ? rank - 1 - axis : static_cast<int>(axes[axis]);
  }
};

void infer(InferContext& ctx) {
  const Shape& x = ctx.shape(0);
  const Permutation permutation(ctx.attrs());
  require(permutation.axes.empty() || static_cast<int>(permutation.axes.size()) == x.rank(),
          ErrorCode::invalid_graph, "perm {} does not have the rank of shape {}", Shape(permutation.axes), x);
  uint32_t seen = 0;
  for (int64_t axis : permutation.axes) {
    const bool fits = axis >= 0 && axis < x.rank() && (seen >> axis & 1) == 0;
    require(fits, ErrorCode::invalid_graph, "perm {} is not a permutation", Shape(permutation.axes));
    seen |= uint32_t{1} << axis;
  }
  Shape y = x;
  for (int axis = 0; axis < x.rank(); ++axis) y[axis] = x[permutation(axis, x.rank())];
  ctx.set(0, ctx.dtype(0), y);
}

// The elements keep their order when only axes of size 1 change places.
bool keeps_order(const Permutation& permutation, const Shape& x) {
  int before = -1;
  for (int axis = 0; axis < x.rank(); ++axis) {
    const int from = permutation(axis, x.rank());
    if (x[from] == 1) continue;
    if (from < before) return false;
    before = from;
  }
  return true;
}

StepPlan plan(const PlanContext& ctx) {
  const Shape &x = ctx.shape(0), &y = ctx.output_shape();
  const Permutation permutation(ctx.attrs());
  const int rank = x.rank();
  const auto size = static_cast<int64_t>(size_of(ctx.dtype(0)));
  kernels::StridedBox<2>::Steps steps[kernels::kMaxRank] = {};
  int64_t x_step = size, y_step = size;
  int64_t x_steps[kernels::kMaxRank];
  for (int axis = rank - 1; axis >= 0; --axis) {
    x_steps[axis] = x_step;
    x_step *= x[axis];
  }
  for (int axis = rank - 1; axis >= 0; --axis) {
    steps[axis] = {x_steps[permutation(axis, rank)], y_step};
    y_step *= y[axis];
  }
  kernels::StridedBox<2> box;
  for (int axis = 0; axis < rank; ++axis) box.append(y[axis], steps[axis]);
  return {.state = PlanState(box), .is_view = keeps_order(permutation, x)};
}

void run(RunContext& ctx) {
  const TensorView &x = ctx.inputs[0], &y = ctx.outputs[0];
  const auto size = static_cast<int>(size_of(x.dtype));
  parallel_box<2>(
      ctx.kernels, ctx.planned<kernels::StridedBox<2>>(), {x.data, y.data},
      [&](const auto& piece, const auto& at) { kernels::copy_strided(piece, at[0], at[1], size); });
}

OCTAVO_OPERATOR(transpose, {.name = "Transpose",
                            .attributes = kAttributes,
                            .infer = infer,
                            .plan = plan,
                            .run = run,
                            .quant = kMovesElements});

}  // namespace

}  // namespace octavo
