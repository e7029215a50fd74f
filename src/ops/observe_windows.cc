// octavo.ObserveWindows(x, w): x, of which whoever watches the session is shown what a Conv with its attributes
// multiplies with its weights w, of which the shape is read: rows [groups, rows, depth] in the order of w's [kh, kw, channels], of places spread
// over the image.
#include <algorithm>

#include "kernels/conv/conv.h"
#include "ops/conv_layer.h"
#include "ops/operands.h"

namespace octavo {

namespace {

// As many as are shown at most, in elements.
constexpr int64_t kMostElements = int64_t{4} << 20;

// Neighbouring windows are alike: of one image, more of them tell little. Groups have few weights to tell of, and are
// many.
int64_t shown_rows(const kernels::ConvGeometry& g) {
  const int of_image = (g.groups == 1 ? 64 : 16) + g.depth() / 8;
  const int64_t fit =
      std::max<int64_t>(kMostElements / std::max<int64_t>(int64_t{g.groups} * g.depth(), 1), 1);
  return std::min({g.positions(), int64_t{g.n} * of_image, fit});
}

uint64_t rows_bytes(const kernels::ConvGeometry& g) {
  return scratch_bytes<float>(static_cast<uint64_t>(g.groups * shown_rows(g) * g.depth()) +
                              kernels::kWindowSlack);
}

void infer(InferContext& ctx) {
  infer_conv(ctx, DType::f32);
  ctx.set(0, DType::f32, ctx.shape(0));
}

StepPlan plan(const PlanContext& ctx) {
  const kernels::ConvGeometry g = conv_geometry(ctx);
  const uint64_t reorder = ctx.node.lowered.channels_last ? 0 : scratch_bytes<float>(input_elements(g));
  return {.state = PlanState(g), .workspace = reorder + rows_bytes(g), .is_view = true, .runs_as_view = true};
}

void run(RunContext& ctx) {
  const auto& g = ctx.planned<kernels::ConvGeometry>();
  if (ctx.outputs[0].data != ctx.inputs[0].data) copy_input(ctx);
  if (ctx.observer == nullptr) return;
  Scratch scratch(ctx.workspace);
  const float* in = ctx.inputs[0].as<float>();
  if (!ctx.node.lowered.channels_last) {
    float* const ordered = scratch.take<float>(input_elements(g));
    to_channels_last(in, ordered, g.n, g.c, int64_t(g.d) * g.h * g.w);
    in = ordered;
  }
  const int64_t rows = shown_rows(g), positions = g.positions(), depth = g.depth();
  float* const shown =
      scratch.take<float>(static_cast<uint64_t>(g.groups * rows * depth) + kernels::kWindowSlack);
  float* row = shown;
  for (int group = 0; group < g.groups; ++group)
    for (int64_t i = 0; i < rows; ++i, row += depth)
      kernels::gather_window_f32(g, in, group, (2 * i + 1) * positions / (2 * rows), row);
  ctx.observer->observe(ctx.node.lowered.observed,
                        {DType::f32, {g.groups, rows, depth}, reinterpret_cast<std::byte*>(shown)});
}

OCTAVO_OPERATOR(observe_windows, {.name = "octavo.ObserveWindows",
                                  .min_inputs = 2,
                                  .max_inputs = 2,
                                  .attributes = kConvAttributes,
                                  .infer = infer,
                                  .plan = plan,
                                  .run = run,
                                  .shape_only_operands = 2,
                                  .layout = LayoutRule::channels_last});

}  // namespace

}  // namespace octavo
