// octavo.DepthwiseImageGradient (float32): dx = DepthwiseImageGradient(dy, w), the gradient of y = Conv(x, w), with one
// filter [1, (kh,) kw] a channel, by x, whose spatial axes are `image`. Attributes are those of the Conv.
#include "autodiff/ops/images.h"
#include "base/error.h"
#include "kernels/conv/conv_gradient.h"
#include "ops/channel_order.h"
#include "ops/conv_layer.h"
#include "ops/operands.h"
#include "ops/parallel.h"

namespace octavo {

namespace {

using kernels::ConvGeometry;

constexpr auto kAttributes =
    joined(kWindowAttributes, {{"group", AttrKind::integer}, {"image", AttrKind::integers}});

// Of w the shape is that of Conv or, channels-last, [c, (kh,) kw, 1], which has its elements in the same order.
void infer(InferContext& ctx) {
  for (const std::size_t i : {0, 1}) require_dtype(ctx, i, Types<float>{});
  Shape dx = ctx.shape(0);
  const ImageAxes axes(dx, ctx.node);
  const std::span<const int64_t> image = ctx.attrs().get_ints("image");
  require(std::ssize(image) == axes.spatial_rank() && axes.spatial_rank() < 3 &&
              ctx.attrs().get_ints("kernel_shape").size() == image.size() &&
              ctx.shape(1)[0] == dx[axes.channels()] && group_count(ctx.attrs()) == dx[axes.channels()],
          ErrorCode::invalid_graph, "a gradient {} does not fit filters {} and an image of {} axes", dx,
          ctx.shape(1), image.size());
  for (int i = 0; i < axes.spatial_rank(); ++i) dx[axes.spatial(i)] = image[static_cast<std::size_t>(i)];
  ctx.set(0, DType::f32, dx);
}

StepPlan plan(const PlanContext& ctx) {
  const ConvGeometry g = gradient_geometry(ctx.node, ctx.shape(0), ctx.output_shape());
  uint64_t workspace = scratch_bytes<float>(static_cast<uint64_t>(g.kh) * static_cast<uint64_t>(g.kw * g.c));
  if (!ctx.node.lowered.channels_last)
    workspace += scratch_bytes<float>(input_elements(g)) + scratch_bytes<float>(output_elements(g));
  return {.state = PlanState(g), .workspace = workspace};
}

void run(RunContext& ctx) {
  const auto& g = ctx.planned<ConvGeometry>();
  Scratch scratch(ctx.workspace);
  const int64_t taps = int64_t{g.kh} * g.kw;
  float* const filters = scratch.take<float>(static_cast<uint64_t>(taps * g.c));
  swap_axes(ctx.inputs[1].as<float>(), filters, 1, g.c, taps);
  const float* dy = ctx.inputs[0].as<float>();
  float *const out = ctx.outputs[0].as<float>(), *dx = out;
  const bool is_last = ctx.node.lowered.channels_last;
  const int64_t gradients = int64_t{g.oh} * g.ow, pixels = int64_t{g.h} * g.w;
  if (!is_last) {
    float* const turned = scratch.take<float>(output_elements(g));
    to_channels_last(dy, turned, g.n, g.c, gradients);
    dy = turned;
    dx = scratch.take<float>(input_elements(g));
  }
  const int64_t rows = int64_t{g.n} * g.h, macs = output_elements(g) * static_cast<uint64_t>(taps);
  parallel_elements(
      ctx.kernels, rows, macs / kMacsPerStep / std::max<int64_t>(rows, 1),
      [&](int64_t begin, int64_t end) { dwconv_image_gradient_f32(g, dy, filters, begin, end, dx); });
  if (!is_last) to_channels_first(dx, out, g.n, g.c, pixels);
}

OCTAVO_OPERATOR(depthwise_image_gradient, {.name = "octavo.DepthwiseImageGradient",
                                           .min_inputs = 2,
                                           .max_inputs = 2,
                                           .attributes = kAttributes,
                                           .infer = infer,
                                           .plan = plan,
                                           .run = run,
                                           .computes_f32 = true,
                                           .layout = LayoutRule::joining,
                                           .permute = permute_images});

}  // namespace

}  // namespace octavo
