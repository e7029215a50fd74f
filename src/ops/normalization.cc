// Normalizations of rows (float32): y = (x - mean) / sqrt(variance + epsilon) * scale + bias. ONNX
// LayerNormalization-17, RMSNormalization-23, InstanceNormalization-6, GroupNormalization-18 (a scale a group) and -21
// (a scale a channel).
#include "kernels/norm/norm.h"

#include "base/error.h"
#include "ops/operands.h"
#include "ops/parallel.h"

namespace octavo {

namespace {

constexpr AttrDef kRowAttributes[] = {
    {"axis", AttrKind::integer}, {"epsilon", AttrKind::real}, {"stash_type", AttrKind::integer}};
constexpr AttrDef kGroupAttributes[] = {
    {"epsilon", AttrKind::real}, {"num_groups", AttrKind::integer}, {"stash_type", AttrKind::integer}};
constexpr AttrDef kInstanceAttributes[] = {{"epsilon", AttrKind::real}};

// Input 0 is [rows, channels, inner], each row normalized by itself.
struct NormPlan {
  int64_t rows;
  kernels::NormF32 norm;
};

void require_parameters(const InferContext& ctx) {
  constexpr int64_t kFloat32 = 1;  // TensorProto.DataType
  require(ctx.attrs().get_int("stash_type", kFloat32) == kFloat32, ErrorCode::unsupported,
          "stash_type is not float32");
  for (std::size_t i = 0; i < 3; ++i)
    if (ctx.has(i)) require_dtype(ctx, i, Types<float>{});
}

StepPlan planned(const PlanContext& ctx, int64_t rows, int64_t groups, int64_t channels, int64_t inner,
                 bool centers = true) {
  NormPlan plan{rows, {groups, channels, inner, {}, {}, {}, centers, {}, {}}};
  plan.norm.epsilon = ctx.attrs().get_float("epsilon", 1e-5f);
  return {.state = PlanState(plan)};
}

// The axes from `axis` on are a row. Its scale and bias have its shape, but for axes of size 1 in front.
void infer_rows(InferContext& ctx) {
  require_parameters(ctx);
  const Shape& x = ctx.shape(0);
  const int axis = axis_or_last(ctx.attrs(), x);
  for (std::size_t i = 1; i < 3 && ctx.has(i); ++i) {
    const Shape& shape = ctx.shape(i);
    for (int k = 0; k < std::max(x.rank() - axis, shape.rank()); ++k) {
      const int64_t have = k < shape.rank() ? shape[shape.rank() - 1 - k] : 1;
      const int64_t want = k < x.rank() - axis ? x[x.rank() - 1 - k] : 1;
      require(have == want || have == kDynamic || want == kDynamic, ErrorCode::unsupported,
              "parameter {} is not of the shape that is normalized, axes {} and on of {}", shape, axis, x);
    }
  }
  infer_as_input(ctx);
  Shape statistics = x;
  for (int i = axis; i < x.rank(); ++i) statistics[i] = 1;
  ctx.set(1, DType::f32, statistics);
  ctx.set(2, DType::f32, statistics);
}

template <bool centers> StepPlan plan_rows(const PlanContext& ctx) {
  const Shape& x = ctx.shape(0);
  const int axis = axis_or_last(ctx.attrs(), x);
  return planned(ctx, x.elements(0, axis), 1, x.elements(axis, x.rank()), 1, centers);
}

// How many groups the channels of input 0 are in: of an instance, each by itself.
int64_t groups_of(const Attrs& attrs, const Shape& x) { return attrs.get_int("num_groups", x[1]); }

void infer_groups(InferContext& ctx) {
  require_parameters(ctx);
  const Shape& x = ctx.shape(0);
  require(x.rank() >= 2, ErrorCode::invalid_graph, "input {} has no channels", x);
  const int64_t channels = x[1], groups = groups_of(ctx.attrs(), x);
  require(groups > 0 || groups == channels, ErrorCode::invalid_graph, "num_groups is {}", groups);
  require(channels == kDynamic || groups == 0 || channels % groups == 0, ErrorCode::invalid_graph,
          "{} channels are not divided into {} groups", channels, groups);
  for (std::size_t i = 1; i < 3; ++i) {
    const Shape& shape = ctx.shape(i);
    const bool fits = shape.rank() == 1 && (shape[0] == kDynamic || channels == kDynamic ||
                                            shape[0] == channels || shape[0] == groups);
    require(fits && shape == ctx.shape(1), ErrorCode::invalid_graph, "parameter {} does not fit input {}",
            shape, x);
  }
  infer_as_input(ctx);
}

StepPlan plan_groups(const PlanContext& ctx) {
  const Shape& x = ctx.shape(0);
  const int64_t groups = groups_of(ctx.attrs(), x), inner = x.elements(2, x.rank());
  const int64_t of_group = groups > 0 ? x[1] / groups : 0;
  return ctx.shape(1)[0] == groups ? planned(ctx, x[0] * groups, groups, 1, of_group * inner)
                                   : planned(ctx, x[0] * groups, groups, of_group, inner);
}

void run(RunContext& ctx) {
  const auto& [rows, planned] = ctx.planned<NormPlan>();
  kernels::NormF32 norm = planned;
  const auto at = [](std::span<const TensorView> tensors, std::size_t i) {
    return i < tensors.size() ? tensors[i].as<float>() : nullptr;
  };
  norm.scale = at(ctx.inputs, 1);
  norm.bias = at(ctx.inputs, 2);
  norm.mean = at(ctx.outputs, 1);
  norm.inverse_deviation = at(ctx.outputs, 2);
  const float* const x = ctx.inputs[0].as<float>();
  float* const y = ctx.outputs[0].as<float>();
  parallel_elements(ctx.kernels, rows, norm.channels * norm.inner,
                    [&](int64_t begin, int64_t end) { kernels::normalize_f32(norm, x, y, begin, end); });
}

OCTAVO_OPERATOR(layer_normalization, {.name = "LayerNormalization",
                                      .since = 17,
                                      .min_inputs = 2,
                                      .max_inputs = 3,
                                      .max_outputs = 3,
                                      .attributes = kRowAttributes,
                                      .infer = infer_rows,
                                      .plan = plan_rows<true>,
                                      .run = run,
                                      .computes_f32 = true});
OCTAVO_OPERATOR(rms_normalization, {.name = "RMSNormalization",
                                    .since = 23,
                                    .min_inputs = 2,
                                    .max_inputs = 2,
                                    .attributes = kRowAttributes,
                                    .infer = infer_rows,
                                    .plan = plan_rows<false>,
                                    .run = run,
                                    .computes_f32 = true});
OCTAVO_OPERATOR(instance_normalization, {.name = "InstanceNormalization",
                                         .min_inputs = 3,
                                         .max_inputs = 3,
                                         .attributes = kInstanceAttributes,
                                         .infer = infer_groups,
                                         .plan = plan_groups,
                                         .run = run,
                                         .computes_f32 = true});
OCTAVO_OPERATOR(group_normalization, {.name = "GroupNormalization",
                                      .since = 18,
                                      .min_inputs = 3,
                                      .max_inputs = 3,
                                      .attributes = kGroupAttributes,
                                      .infer = infer_groups,
                                      .plan = plan_groups,
                                      .run = run,
                                      .computes_f32 = true});

}  // namespace

}  // namespace octavo
