// CenterCropPad of any dtype: axes of the sizes that are asked for, cropped or padded with zeros evenly at both ends.
// ONNX CenterCropPad-18.
#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "kernels/transpose/transpose.h"
#include "ops/operands.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {{"axes", AttrKind::integers}};

void infer(InferContext& ctx) {
  require_dtype(ctx, 1, {DType::s32, DType::s64});
  Shape y = ctx.shape(0);
  const std::span<const int64_t> axes = ctx.attrs().get_ints("axes");
  const int64_t count = ctx.attrs().has("axes") ? static_cast<int64_t>(axes.size()) : y.rank();
  const int64_t length = ctx.known_length(1);
  require(ctx.shape(1).rank() <= 1 && (length == count || length == kDynamic), ErrorCode::invalid_graph,
          "has sizes of shape {} for {} axes", ctx.shape(1), count);
  const auto sizes = ctx.known_ints(1);
  uint32_t seen = 0;
  for (int64_t i = 0; i < count; ++i) {
    const int axis = ctx.attrs().has("axes") ? normalize_axis(axes[i], y.rank()) : static_cast<int>(i);
    require((seen >> axis & 1) == 0, ErrorCode::invalid_graph, "axis {} is named twice", axis);
    seen |= uint32_t{1} << axis;
    y[axis] = sizes ? (*sizes)[i] : kDynamic;
    require(!sizes || y[axis] >= 0, ErrorCode::invalid_graph, "size {} is negative", y[axis]);
  }
  ctx.set(0, ctx.dtype(0), y);
}

struct CropPlan {
  kernels::StridedBox<2> box;  // what is kept
  int64_t from = 0, to = 0;    // its first bytes in x and y
};

StepPlan plan(const PlanContext& ctx) {
  const Shape &x = ctx.shape(0), &y = ctx.output_shape();
  const Dims x_steps = x.strides(), y_steps = y.strides();
  const auto size = static_cast<int64_t>(size_of(ctx.dtype(0)));
  CropPlan plan;
  for (int axis = 0; axis < x.rank(); ++axis) {
    const int64_t grows = y[axis] - x[axis];
    plan.from += std::max<int64_t>(-grows, 0) / 2 * x_steps[axis] * size;
    plan.to += std::max<int64_t>(grows, 0) / 2 * y_steps[axis] * size;
    plan.box.append(std::min(x[axis], y[axis]), {x_steps[axis] * size, y_steps[axis] * size});
  }
  return {.state = PlanState(plan), .is_view = x == y};
}

void run(RunContext& ctx) {
  const TensorView &x = ctx.inputs[0], &y = ctx.outputs[0];
  const auto& [box, from, to] = ctx.planned<CropPlan>();
  std::memset(y.data, 0, y.bytes());
  kernels::copy_strided(box, x.data + from, y.data + to, static_cast<int>(size_of(x.dtype)));
}

OCTAVO_OPERATOR(center_crop_pad, {.name = "CenterCropPad",
                                  .since = 18,
                                  .min_inputs = 2,
                                  .max_inputs = 2,
                                  .attributes = kAttributes,
                                  .infer = infer,
                                  .plan = plan,
                                  .run = run,
                                  .shape_operands = 1 << 1});

}  // namespace

}  // namespace octavo
