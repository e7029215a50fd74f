// octavo.ConvWeightGradient (float32): dw = ConvWeightGradient(dy, x), the gradient of y = Conv(x, w) by w, with its
// attributes and kernel_shape. Positions of dy are divided into parts, whose number follows from the shapes alone; dw
// is the sum of the parts' gradients, in their order.
#include <algorithm>

#include "autodiff/ops/images.h"
#include "base/error.h"
#include "kernels/conv/conv_gradient.h"
#include "ops/channel_order.h"
#include "ops/conv_layer.h"
#include "ops/kernel_choice.h"
#include "ops/operands.h"
#include "ops/parallel.h"
#include "ops/thread_workspaces.h"

namespace octavo {

namespace {

using kernels::ConvGeometry;

enum Input : std::size_t { kDy, kX };

// Of dw, channels-first or channels-last as the images are.
void infer(InferContext& ctx) {
  for (const std::size_t i : {kDy, kX}) require_dtype(ctx, i, Types<float>{});
  const Shape &dy = ctx.shape(kDy), &x = ctx.shape(kX);
  const std::span<const int64_t> kernel = ctx.attrs().get_ints("kernel_shape");
  const ImageAxes axes(x, ctx.node);
  require(dy.rank() == x.rank() && std::ssize(kernel) == axes.spatial_rank() && dy[0] == x[0] &&
              axes.spatial_rank() <= Window::kMaxSpatialRank,
          ErrorCode::invalid_graph, "a gradient {} and an image {} do not fit a kernel of {} axes", dy, x,
          kernel.size());
  Shape dw = x;
  dw[0] = dy[axes.channels()];
  const int64_t channels = x[axes.channels()];
  dw[axes.channels()] = channels == kDynamic ? kDynamic : channels / group_count(ctx.attrs());
  for (int i = 0; i < axes.spatial_rank(); ++i) dw[axes.spatial(i)] = kernel[static_cast<std::size_t>(i)];
  ctx.set(0, DType::f32, dw);
}

struct GradientPlan {
  ConvGeometry geometry;
  int64_t size, count,
      block;  // of dw; positions or, of one filter a channel, rows; those that are summed at a time
  int64_t parts, outputs;  // parts of the blocks; outputs of a group that are computed at a time

  int64_t start(int64_t part) const {
    const int64_t blocks = (count + block - 1) / block;
    return std::min(blocks * part / parts * block, count);
  }
};

GradientPlan plan_of(const ConvGeometry& g) {
  // Enough for several threads, unless the parts of dw are larger than the images.
  constexpr int64_t kParts = 16, kFewParts = 4, kOutputs = 96;
  GradientPlan plan{.geometry = g, .size = int64_t{g.oc} * g.depth(), .count = g.positions(), .block = 1};
  if (is_depthwise(g))
    plan.count = int64_t{g.n} * g.oh;
  else
    plan.block = block_conv_gradient(g);
  const auto images = static_cast<int64_t>(output_elements(g) + input_elements(g));
  const int64_t blocks = (plan.count + plan.block - 1) / plan.block;
  plan.parts = std::clamp<int64_t>(images / 4 / std::max<int64_t>(plan.size, 1), 1,
                                   std::clamp<int64_t>(blocks, 1, kParts));
  plan.outputs = plan.parts < kFewParts ? kOutputs : std::max(g.group_outputs(), 1);
  return plan;
}

uint64_t kernel_workspace(const KernelPolicy& policy, const ConvGeometry& g) {
  return is_depthwise(g) ? 0 : workspace_bytes_conv_gradient(choose_gemm_f32(policy), g);
}

// The gradient of each part and group, behind one another.
void sum_parts(const KernelPolicy& policy, const GradientPlan& plan, const float* x, const float* dy,
               float* sums, const ThreadWorkspaces& memory) {
  const ConvGeometry& g = plan.geometry;
  const int64_t part_steps = plan.size * g.positions() / (plan.parts * kMacsPerStep);
  if (is_depthwise(g)) {
    parallel_elements(policy, plan.parts, part_steps, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        dwconv_weight_gradient_f32(g, x, dy, plan.start(i), plan.start(i + 1), sums + i * plan.size);
    });
    return;
  }
  const kernels::GemmF32Kernel& kernel = choose_gemm_f32(policy);
  const int64_t bands = (g.group_outputs() + plan.outputs - 1) / plan.outputs, units = bands * g.groups;
  parallel_for(policy.threads, plan.parts * units, divide_steps(part_steps / units),
               [&](int64_t begin, int64_t end, int thread) {
                 for (int64_t i = begin; i < end; ++i) {
                   const int64_t part = i / units, group = i / bands % g.groups,
                                 first = i % bands * plan.outputs,
                                 last = std::min<int64_t>(first + plan.outputs, g.group_outputs());
                   conv_weight_gradient_f32(
                       kernel, g,
                       {x, dy, static_cast<int>(group), static_cast<int>(first), static_cast<int>(last),
                        plan.start(part), plan.start(part + 1),
                        sums + part * plan.size + group * (plan.size / g.groups), memory[thread]});
                 }
               });
}

StepPlan plan(const PlanContext& ctx) {
  const GradientPlan plan = plan_of(gradient_geometry(ctx.node, ctx.shape(kDy), ctx.shape(kX)));
  const ConvGeometry& g = plan.geometry;
  uint64_t workspace = scratch_bytes<float>(static_cast<uint64_t>(plan.parts * plan.size)) +
                       workspace_of_threads(ctx.kernels, kernel_workspace(ctx.kernels, g));
  if (!ctx.node.lowered.channels_last)
    workspace += scratch_bytes<float>(input_elements(g)) + scratch_bytes<float>(output_elements(g));
  return {.state = PlanState(plan), .workspace = workspace};
}

void run(RunContext& ctx) {
  const auto& plan = ctx.planned<GradientPlan>();
  const ConvGeometry& g = plan.geometry;
  float* const dw = ctx.outputs[0].as<float>();
  if (plan.size == 0 || plan.count == 0) {
    std::fill_n(dw, plan.size, 0.0f);
    return;
  }
  const bool is_last = ctx.node.lowered.channels_last;
  Scratch scratch(ctx.workspace);
  const float *x = ctx.inputs[kX].as<float>(), *dy = ctx.inputs[kDy].as<float>();
  if (!is_last) {
    const auto turned = [&](const float* image, uint64_t count, int64_t channels) {
      float* const to = scratch.take<float>(count);
      to_channels_last(image, to, g.n, channels, static_cast<int64_t>(count) / g.n / channels);
      return to;
    };
    x = turned(x, input_elements(g), g.c);
    dy = turned(dy, output_elements(g), g.oc);
  }
  float* const sums = scratch.take<float>(static_cast<uint64_t>(plan.parts * plan.size));
  sum_parts(ctx.kernels, plan, x, dy, sums, ThreadWorkspaces(scratch, kernel_workspace(ctx.kernels, g)));
  parallel_elements(ctx.kernels, plan.size, plan.parts, [&](int64_t begin, int64_t end) {
    for (int64_t part = 1; part < plan.parts; ++part)
      for (int64_t i = begin; i < end; ++i) sums[i] += sums[part * plan.size + i];
  });
  const int64_t channels = g.group_channels();
  if (is_depthwise(g))  // [kernel, oc] to [oc, kernel]
    swap_axes(sums, dw, 1, g.depth(), g.oc);
  else if (is_last)
    std::copy_n(sums, plan.size, dw);  // [oc, kernel, c/groups]
  else
    to_channels_first(sums, dw, g.oc, channels, g.depth() / channels);
}

OCTAVO_OPERATOR(conv_weight_gradient, {.name = "octavo.ConvWeightGradient",
                                       .min_inputs = 2,
                                       .max_inputs = 2,
                                       .attributes = kConvAttributes,
                                       .infer = infer,
                                       .plan = plan,
                                       .run = run,
                                       .computes_f32 = true,
                                       .layout = LayoutRule::joining,
                                       .permute = permute_images});

}  // namespace

}  // namespace octavo
