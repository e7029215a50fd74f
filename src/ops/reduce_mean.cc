// ReduceMean (float32). ONNX ReduceMean-18, axes as an input.
#include "base/error.h"
#include "kernels/reduce/reduce.h"
#include "ops/operands.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {{"keepdims", AttrKind::integer},
                                   {"noop_with_empty_axes", AttrKind::integer}};

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

struct MeanPlan {
  kernels::StridedBox<2> box;
  float count;  // elements of each mean
};

StepPlan plan(const PlanContext& ctx) {
  const Shape& x = ctx.shape(0);
  const uint32_t reduced = reduced_axes(ctx.attrs(), ctx.has(1) ? &ctx.known(1) : nullptr, x.rank());
  kernels::StridedBox<2>::Steps steps[kernels::kMaxRank] = {};
  int64_t x_step = sizeof(float), y_step = sizeof(float), count = 1;
  for (int axis = x.rank() - 1; axis >= 0; --axis) {
    const bool is_reduced = reduced >> axis & 1;
    steps[axis] = {x_step, is_reduced ? 0 : y_step};
    x_step *= x[axis];
    (is_reduced ? count : y_step) *= x[axis];
  }
  MeanPlan plan{{}, static_cast<float>(count)};
  for (int axis = 0; axis < x.rank(); ++axis) plan.box.append(x[axis], steps[axis]);
  return {.state = PlanState(plan)};
}

void run(RunContext& ctx) {
  const auto& [box, count] = ctx.planned<MeanPlan>();
  const TensorView& y = ctx.outputs[0];
  kernels::mean_f32(box, ctx.inputs[0].as<float>(), y.as<float>(), y.shape.elements(), count);
}

bool permute(Graph& graph, Node& node, std::span<const int> permutation) {
  if (!keeps_dims(node.attrs)) return false;
  const bool all_or_none = !node.has_input(1);
  return all_or_none || permute_axes_input(graph, node, 1, 0, permutation);
}

OCTAVO_OPERATOR(reduce_mean, {.name = "ReduceMean",
                              .max_inputs = 2,
                              .attributes = kAttributes,
                              .infer = infer,
                              .plan = plan,
                              .run = run,
                              .shape_operands = 1 << 1,
                              .layout = LayoutRule::permutable,
                              .permute = permute});

}  // namespace

}  // namespace octavo
