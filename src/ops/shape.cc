// Shape, Size and ConstantOfShape: tensors of dimensions, and dimensions made tensors. ONNX Shape-15, Size-1 …
// Size-24, ConstantOfShape-9 … ConstantOfShape-24.
#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "kernels/transpose/transpose.h"
#include "ops/operands.h"

namespace octavo {

namespace {

constexpr AttrDef kShapeAttributes[] = {{"start", AttrKind::integer}, {"end", AttrKind::integer}};
constexpr AttrDef kConstantAttributes[] = {{"value", AttrKind::tensor}};

struct AxisRange {
  int begin, end;
};

// Attributes "start" and "end", with negative ones counted from the back.
AxisRange axis_range(const Attrs& attrs, int rank) {
  const auto clamp = [&](int64_t axis) {
    return static_cast<int>(std::clamp<int64_t>(axis < 0 ? axis + rank : axis, 0, rank));
  };
  const int begin = clamp(attrs.get_int("start", 0));
  return {begin, std::max(begin, clamp(attrs.get_int("end", rank)))};
}

void infer_shape(InferContext& ctx) {
  const AxisRange axes = axis_range(ctx.attrs(), ctx.shape(0).rank());
  ctx.set(0, DType::s64, {axes.end - axes.begin});
}

StepPlan plan_shape(const PlanContext& ctx) {
  return {.state = PlanState(axis_range(ctx.attrs(), ctx.shape(0).rank()))};
}

void run_shape(RunContext& ctx) {
  const Shape& shape = ctx.inputs[0].shape;
  const auto& axes = ctx.planned<AxisRange>();
  std::copy(shape.dims.begin() + axes.begin, shape.dims.begin() + axes.end, ctx.outputs[0].as<int64_t>());
}

void infer_size(InferContext& ctx) { ctx.set(0, DType::s64, {}); }

void run_size(RunContext& ctx) { *ctx.outputs[0].as<int64_t>() = ctx.inputs[0].shape.elements(); }

// Attribute "value", one element; float32 zero where it is absent.
ConstantTensor value_of(const Attrs& attrs) {
  ConstantTensor value = attrs.get_tensor("value");
  require(value == nullptr || value->shape().elements() == 1, ErrorCode::invalid_graph,
          "the attribute 'value' must be one number, but has shape {}", value ? value->shape() : Shape());
  return value;
}

void infer_constant(InferContext& ctx) {
  const ConstantTensor value = value_of(ctx.attrs());
  const DType dtype = value ? value->dtype() : DType::f32;
  if (const auto dims = ctx.known_ints(0)) {
    for (int64_t dim : *dims) require(dim >= 0, ErrorCode::invalid_graph, "dimension {} is negative", dim);
    ctx.set(0, dtype, Shape(*dims));
  } else if (const int64_t rank = ctx.known_length(0); rank == kDynamic) {
    ctx.set_unknown(0, dtype);
  } else {
    ctx.set(0, dtype, Shape(Dims(rank, kDynamic)));
  }
}

// The plan's state: the bytes of the value.
StepPlan plan_constant(const PlanContext& ctx) {
  uint64_t bytes = 0;
  if (const ConstantTensor value = value_of(ctx.attrs()))
    std::memcpy(&bytes, value->view().data, size_of(value->dtype()));
  return {.state = PlanState(bytes)};
}

void run_constant(RunContext& ctx) {
  const TensorView& y = ctx.outputs[0];
  kernels::fill(y.data, y.shape.elements(), &ctx.planned<uint64_t>(), static_cast<int>(size_of(y.dtype)));
}

OCTAVO_OPERATOR(shape, {.name = "Shape",
                        .attributes = kShapeAttributes,
                        .infer = infer_shape,
                        .plan = plan_shape,
                        .run = run_shape,
                        .same_dtype = false,
                        .shape_only_operands = 1});

OCTAVO_OPERATOR(
    size,
    {.name = "Size", .infer = infer_size, .run = run_size, .same_dtype = false, .shape_only_operands = 1});

OCTAVO_OPERATOR(constant_of_shape, {.name = "ConstantOfShape",
                                    .since = 9,
                                    .attributes = kConstantAttributes,
                                    .infer = infer_constant,
                                    .plan = plan_constant,
                                    .run = run_constant,
                                    .same_dtype = false,
                                    .shape_operands = 1 << 0});

}  // namespace

}  // namespace octavo
