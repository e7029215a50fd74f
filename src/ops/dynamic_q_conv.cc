// octavo.DynamicQConv: DynamicQuantizeLinear → Conv on integers → float, in one. x float32, w int8 constant, bias
// float32 [oc] or absent, y float32; the attributes are Conv's, and the note qmax narrows the integers of x, which is
// ranged as a whole.
#include "base/error.h"
#include "graph/qdq.h"
#include "ops/conv_layer.h"
#include "ops/dynamic_range.h"
#include "ops/int8_conv.h"
#include "ops/int8_weights.h"
#include "ops/kernel_choice.h"

namespace octavo {

namespace {

using kernels::ConvGeometry;

struct PreparedDynamicQConv : Prepared {
  Int8ConvWeights weights;
  std::vector<float> w_scale;
  std::vector<int32_t> w_zero_point;  // none where all are 0, or the filters are packed without
};

void infer(InferContext& ctx) {
  require(ctx.dtype(0) == DType::f32 && ctx.dtype(1) == DType::s8, ErrorCode::unsupported,
          "octavo.DynamicQConv takes float32 and weights of int8, not {} and {}", dtype_name(ctx.dtype(0)),
          dtype_name(ctx.dtype(1)));
  const DType bias = ctx.has(2) ? ctx.dtype(2) : DType::f32;
  require(bias == DType::f32, ErrorCode::unsupported, "octavo.DynamicQConv takes a bias of float32, not {}",
          dtype_name(bias));
  integer_range(ctx.node.notes, DType::u8);
  infer_conv(ctx, DType::f32);
}

std::shared_ptr<const Prepared> prepare(const PrepareContext& ctx) {
  const ConvGeometry g = conv_weight_geometry(ctx.node.attrs, ctx.input(1).shape.value());
  const Tensor& weights = int8_weights(ctx, g.depth());
  auto prepared = std::make_shared<PreparedDynamicQConv>();
  const auto range = activation_range(integer_range(ctx.node.notes, DType::u8).qmax);
  prepared->w_zero_point = channel_zero_points(ctx, g.oc);
  prepared->weights = Int8ConvWeights(ctx.kernels, range, g, weights, prepared->w_zero_point);
  if (is_depthwise(g)) prepared->w_zero_point.clear();
  prepared->w_scale = channel_scales(ctx, 0, g.oc);
  return prepared;
}

StepPlan plan(const PlanContext& ctx) {
  const ConvGeometry g = conv_geometry(ctx);
  const auto& prepared = ctx.prepared<PreparedDynamicQConv>();
  return {.state = PlanState(g),
          .workspace = scratch_bytes<uint8_t>(input_elements(g)) +
                       reorder_bytes<uint8_t, float>(ctx.node, g) +
                       (prepared.w_zero_point.empty() ? 0 : window_sums_bytes(g)) +
                       prepared.weights.workspace(ctx.kernels, g)};
}

void run(RunContext& ctx) {
  const auto& g = ctx.planned<ConvGeometry>();
  const auto& prepared = ctx.prepared<PreparedDynamicQConv>();
  const Clamp& activation = ctx.node.lowered.clamp;
  const IntegerRange integers = integer_range(ctx.node.notes, DType::u8);
  const auto count = input_elements(g);
  Scratch scratch(ctx.workspace);
  uint8_t* const quantized = scratch.take<uint8_t>(count);
  const auto params =
      quantize_by_range(ctx.kernels, {ctx.inputs[0].as<float>(), 1, int64_t(count), 0}, integers, quantized);
  const float* const bias = ctx.has(2) ? ctx.inputs[2].as<float>() : nullptr;
  const auto compute = [&](const uint8_t* in, float* out) {
    kernels::DequantizeF32 epilogue{&params.scale,
                                    &params.zero_point,
                                    0,
                                    prepared.w_scale.data(),
                                    bias,
                                    activation.low,
                                    activation.high,
                                    out,
                                    g.oc};
    if (!prepared.w_zero_point.empty()) {
      epilogue.w_zero_point = prepared.w_zero_point.data();
      epilogue.a_sum = window_sums(ctx.kernels, g, in, params.zero_point, scratch);
    }
    prepared.weights.run(ctx.kernels, g, in, static_cast<uint8_t>(params.zero_point), scratch, epilogue);
  };
  with_channels_last(ctx.node, g, const_cast<const uint8_t*>(quantized), ctx.outputs[0].as<float>(), scratch,
                     compute);
}

OCTAVO_OPERATOR(dynamic_q_conv, {.name = "octavo.DynamicQConv",
                                 .min_inputs = 2,
                                 .max_inputs = 3,
                                 .infer = infer,
                                 .prepare = prepare,
                                 .plan = plan,
                                 .run = run,
                                 .macs = conv_macs,
                                 .clamps_output = true,
                                 .layout = LayoutRule::channels_last});

}  // namespace

}  // namespace octavo
