// BatchNormalization (float32), inference only: y = (x - mean) / sqrt(var + epsilon) * scale + bias, channel by
// channel. Usually folded into the weights before it; ONNX BatchNormalization-7 … -15.
#include <cmath>

#include "base/error.h"
#include "graph/op_def.h"
#include "kernels/norm/norm.h"
#include "ops/parallel.h"
#include "ops/scratch.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {
    {"epsilon", AttrKind::real}, {"momentum", AttrKind::real}, {"training_mode", AttrKind::integer}};

int channel_axis(const Node& node, const Shape& x) { return node.lowered.channels_last ? x.rank() - 1 : 1; }

void infer(InferContext& ctx) {
  require(ctx.attrs().get_int("training_mode", 0) == 0, ErrorCode::unsupported, "training_mode 1");
  const Shape& x = ctx.shape(0);
  require(x.rank() >= 2, ErrorCode::invalid_graph, "input {} has no channels", x);
  const int64_t channels = x[channel_axis(ctx.node, x)];
  for (std::size_t i = 0; i < 5; ++i)
    require(ctx.dtype(i) == DType::f32, ErrorCode::unsupported, "BatchNormalization takes float32, not {}",
            dtype_name(ctx.dtype(i)));
  for (std::size_t i = 1; i < 5; ++i) {
    const Shape& vector = ctx.shape(i);
    const bool fits =
        vector.rank() == 1 && (vector[0] == channels || vector[0] == kDynamic || channels == kDynamic);
    require(fits, ErrorCode::invalid_graph, "parameter {} does not fit input {}", vector, x);
  }
  ctx.set(0, DType::f32, x);
}

struct NormalizationPlan {
  int64_t outer, channels, inner;
  float epsilon;
};

StepPlan plan(const PlanContext& ctx) {
  const Shape& x = ctx.shape(0);
  const int axis = channel_axis(ctx.node, x);
  const NormalizationPlan plan{x.elements(0, axis), x[axis], x.elements(axis + 1, x.rank()),
                               ctx.attrs().get_float("epsilon", 1e-5f)};
  return {.state = PlanState(plan), .workspace = 2 * scratch_bytes<float>(plan.channels)};
}

void run(RunContext& ctx) {
  const auto& [outer, channels, inner, epsilon] = ctx.planned<NormalizationPlan>();
  const float *scale = ctx.inputs[1].as<float>(), *bias = ctx.inputs[2].as<float>();
  const float *mean = ctx.inputs[3].as<float>(), *variance = ctx.inputs[4].as<float>();
  Scratch scratch(ctx.workspace);
  float *const factor = scratch.take<float>(channels), *const offset = scratch.take<float>(channels);
  for (int64_t c = 0; c < channels; ++c) {
    factor[c] = scale[c] / std::sqrt(variance[c] + epsilon);
    offset[c] = bias[c] - mean[c] * factor[c];
  }
  const Clamp& activation = ctx.node.lowered.clamp;
  const kernels::ScaleChannelsF32 scaling{channels, inner, factor, offset, activation.low, activation.high};
  const int64_t runs = channels == 0 ? 0 : outer * (inner == 1 ? 1 : channels);
  parallel_elements(ctx.kernels, runs, scaling.run_length(), [&](int64_t begin, int64_t end) {
    kernels::scale_channels_f32(scaling, ctx.inputs[0].as<float>(), ctx.outputs[0].as<float>(), begin, end);
  });
}

// On integers it is a convolution of one tap a channel: passes/integer_normalizations.
std::string obstacle(const Graph& graph, const Node& node) {
  const int rank = graph[node.inputs[0]].shape->rank();
  if (rank < 3 || rank > 5) return text("it normalizes a tensor of rank {}", rank);
  return "";
}

OCTAVO_OPERATOR(batch_normalization,
                {.name = "BatchNormalization",
                 .min_inputs = 5,
                 .max_inputs = 5,
                 .attributes = kAttributes,
                 .infer = infer,
                 .plan = plan,
                 .run = run,
                 .computes_f32 = true,
                 .clamps_output = true,
                 .layout = LayoutRule::channels_last,
                 .quant = {
                     .inputs = kFirstIsActivation, .result = ResultRole::activation, .obstacle = obstacle}});

}  // namespace

}  // namespace octavo
