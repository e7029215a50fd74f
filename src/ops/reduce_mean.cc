// ReduceMean (float32). ONNX ReduceMean-18, axes as an input.
#include "base/error.h"
#include "kernels/reduce/reduce.h"
#include "ops/operands.h"

namespace octavo {

namespace {

bool keeps_dims(const Attrs& attrs) { return attrs.get_int("keepdims", 1) != 0; }

// The axes to reduce. No axes mean all of them, or none where the attribute "noop_with_empty_axes" says so.
uint32_t reduced_axes(const Attrs& attrs, const TensorView* axes, int rank) {
  if (axes != nullptr && axes->shape.elements() > 0) return axis_mask(*axes, rank);
  if (attrs.get_int("noop_with_empty_axes", 0) != 0) return 0;
  return static_cast<uint32_t>((uint64_t{1} << rank) - 1);
}

void infer(InferContext& ctx) {
  require_dtype(ctx, 0, {DType::f32});
  const Shape& x = ctx.shape(0);
  if (ctx.has(1) && ctx.inputs[1].known == nullptr) {
    const int64_t count = ctx.known_length(1);
    if (keeps_dims(ctx.attrs()))
      ctx.set(0, DType::f32, Shape(Dims(x.rank(), kDynamic)));
    else if (count > 0 && count <= x.rank())
      ctx.set(0, DType::f32, Shape(Dims(x.rank() - count, kDynamic)));
    else
      ctx.set_unknown(0, DType::f32);
    return;
  }
  const uint32_t reduced =
      reduced_axes(ctx.attrs(), ctx.has(1) ? &ctx.inputs[1].known->view() : nullptr, x.rank());
  Shape y;
  for (int axis = 0; axis < x.rank(); ++axis) {
    if ((reduced >> axis & 1) == 0)
      y.dims.push_back(x[axis]);
    else if (keeps_dims(ctx.attrs()))
      y.dims.push_back(1);
  }
  ctx.set(0, DType::f32, y);
}

void run(RunContext& ctx) {
  const TensorView &x = ctx.inputs[0], &y = ctx.outputs[0];
  const int rank = x.shape.rank();
  const uint32_t reduced = reduced_axes(ctx.attrs(), ctx.has(1) ? &ctx.inputs[1] : nullptr, rank);
  kernels::StridedBox<2>::Steps steps[kernels::kMaxRank] = {};
  int64_t x_step = sizeof(float), y_step = sizeof(float);
  int64_t count = 1;
  for (int axis = rank - 1; axis >= 0; --axis) {
    const bool is_reduced = reduced >> axis & 1;
    steps[axis] = {x_step, is_reduced ? 0 : y_step};
    x_step *= x.shape[axis];
    (is_reduced ? count : y_step) *= x.shape[axis];
  }
  kernels::StridedBox<2> box;
  for (int axis = 0; axis < rank; ++axis) box.append(x.shape[axis], steps[axis]);
  kernels::mean_f32(box, x.as<float>(), y.as<float>(), y.shape.elements(), static_cast<float>(count));
}

bool permute(Graph& graph, Node& node, std::span<const int> permutation) {
  if (!keeps_dims(node.attrs)) return false;
  const bool all_or_none = !node.has_input(1);
  return all_or_none || permute_axes_input(graph, node, 1, 0, permutation);
}

OCTAVO_OPERATOR(reduce_mean, {.name = "ReduceMean",
                              .max_inputs = 2,
                              .infer = infer,
                              .run = run,
                              .shape_operands = 1 << 1,
                              .layout = LayoutRule::permutable,
                              .permute = permute});

}  // namespace

}  // namespace octavo
