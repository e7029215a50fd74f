// Transpose of any dtype. ONNX Transpose-1 … Transpose-21.
#include "kernels/transpose/transpose.h"

#include "base/error.h"
#include "ops/operands.h"
#include "ops/parallel.h"

namespace octavo {

namespace {

// Attribute "perm": axis i of the output is axis perm[i] of the input. Empty: the axes in reverse order.
struct Permutation : Prepared {
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
          ErrorCode::invalid_graph, "perm ", Shape(permutation.axes), " does not have the rank of shape ", x);
  uint32_t seen = 0;
  for (int64_t axis : permutation.axes) {
    const bool fits = axis >= 0 && axis < x.rank() && (seen >> axis & 1) == 0;
    require(fits, ErrorCode::invalid_graph, "perm ", Shape(permutation.axes), " is not a permutation");
    seen |= uint32_t{1} << axis;
  }
  Shape y = x;
  for (int axis = 0; axis < x.rank(); ++axis) y[axis] = x[permutation(axis, x.rank())];
  ctx.set(0, ctx.dtype(0), y);
}

std::shared_ptr<const Prepared> prepare(const PrepareContext& ctx) {
  return std::make_shared<Permutation>(ctx.node.attrs);
}

// The elements keep their order when only axes of size 1 change places.
bool is_view(const PlanContext& ctx) {
  const Shape& x = ctx.shape(0);
  const auto& permutation = ctx.prepared<Permutation>();
  int before = -1;
  for (int axis = 0; axis < x.rank(); ++axis) {
    const int from = permutation(axis, x.rank());
    if (x[from] == 1) continue;
    if (from < before) return false;
    before = from;
  }
  return true;
}

void run(RunContext& ctx) {
  const TensorView &x = ctx.inputs[0], &y = ctx.outputs[0];
  const auto& permutation = ctx.prepared<Permutation>();
  const int rank = x.shape.rank();
  const auto size = static_cast<int64_t>(size_of(x.dtype));
  kernels::StridedBox<2>::Steps steps[kernels::kMaxRank] = {};
  int64_t x_step = size, y_step = size;
  int64_t x_steps[kernels::kMaxRank];
  for (int axis = rank - 1; axis >= 0; --axis) {
    x_steps[axis] = x_step;
    x_step *= x.shape[axis];
  }
  for (int axis = rank - 1; axis >= 0; --axis) {
    steps[axis] = {x_steps[permutation(axis, rank)], y_step};
    y_step *= y.shape[axis];
  }
  kernels::StridedBox<2> box;
  for (int axis = 0; axis < rank; ++axis) box.append(y.shape[axis], steps[axis]);
  parallel_box<2>(ctx.kernels, box, {x.data, y.data}, [&](const auto& piece, const auto& at) {
    kernels::copy_strided(piece, at[0], at[1], static_cast<int>(size));
  });
}

OCTAVO_OPERATOR(transpose, {.name = "Transpose",
                            .infer = infer,
                            .prepare = prepare,
                            .run = run,
                            .is_view = is_view,
                            .quant = {.role = QuantRole::same_qparams}});

}  // namespace

}  // namespace octavo
