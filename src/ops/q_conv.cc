// octavo.QConv: Conv on integers. x uint8, w int8 [oc, c/group, kh, kw] constant, bias int32 [oc] constant or absent,
// y uint8; the attributes are Conv's. y = clamp(round_half_even(Σ (x - zx) · w + bias) · sx·sw/sy) + zy).
#include "ops/conv_layer.h"
#include "ops/int8_conv.h"
#include "ops/int8_weights.h"
#include "ops/kernel_choice.h"

namespace octavo {

namespace {

using kernels::ConvGeometry;

struct PreparedQConv : Prepared {
  Int8ConvWeights weights;
  Requantization requantization;
  CentredProducts centred;
  uint8_t zero_point;
};

void infer(InferContext& ctx) {
  require_u8_and_s8(ctx);
  infer_conv(ctx, DType::u8);
}

std::shared_ptr<const Prepared> prepare(const PrepareContext& ctx) {
  const ActivationParams in = input_params(ctx, 0);
  const ConvGeometry g = conv_weight_geometry(ctx.node.attrs, ctx.input(1).shape.value());
  const Tensor& weights = int8_weights(ctx, g.depth());
  auto prepared = std::make_shared<PreparedQConv>();
  std::vector<int32_t> zero_points = channel_zero_points(ctx, g.oc);
  prepared->weights = Int8ConvWeights(ctx.kernels, activation_range(in.qmax), g, weights, zero_points);
  prepared->requantization =
      make_requantization(ctx, channel_scales(ctx, 0, g.oc), g.depth(), prepared->weights.column_sum());
  if (!zero_points.empty() && !is_depthwise(g)) {
    prepared->weights.set_column_sum(prepared->requantization.bias.data());
    prepared->centred.zero_points = std::move(zero_points);
  }
  prepared->zero_point = static_cast<uint8_t>(in.zero_point);
  return prepared;
}

StepPlan plan(const PlanContext& ctx) {
  const ConvGeometry g = conv_geometry(ctx);
  const auto& prepared = ctx.prepared<PreparedQConv>();
  const bool is_centred = !prepared.centred.zero_points.empty();
  return {.state = PlanState(g),
          .workspace = reorder_bytes<uint8_t, uint8_t>(ctx.node, g) +
                       prepared.centred.workspace(g.positions(), g.oc) +
                       (is_centred ? window_sums_bytes(g) : 0) + prepared.weights.workspace(ctx.kernels, g)};
}

void run(RunContext& ctx) {
  const auto& g = ctx.planned<ConvGeometry>();
  const auto& prepared = ctx.prepared<PreparedQConv>();
  Scratch scratch(ctx.workspace);
  const auto compute = [&](const uint8_t* in, uint8_t* out) {
    const auto convolve = [&](const auto& epilogue) {
      prepared.weights.run(ctx.kernels, g, in, prepared.zero_point, scratch, epilogue);
    };
    if (prepared.centred.zero_points.empty()) return convolve(prepared.requantization.epilogue(out, g.oc));
    const int32_t* const sums = window_sums(ctx.kernels, g, in, prepared.zero_point, scratch);
    prepared.centred.requantize(ctx.kernels, prepared.requantization, g.positions(), sums, out, scratch,
                                convolve);
  };
  with_channels_last(ctx.node, g, ctx.inputs[0].as<uint8_t>(), ctx.outputs[0].as<uint8_t>(), scratch,
                     compute);
}

OCTAVO_OPERATOR(q_conv, {.name = "octavo.QConv",
                         .min_inputs = 2,
                         .max_inputs = 3,
                         .infer = infer,
                         .prepare = prepare,
                         .plan = plan,
                         .run = run,
                         .macs = conv_macs,
                         .layout = LayoutRule::channels_last});

}  // namespace

}  // namespace octavo
