// octavo.ObserveWindows(x, w): x, of which whoever watches the session is shown what a Conv with its attributes
// multiplies with its weights w, of which the shape is read: rows [groups, rows, depth] in the order of w's [kh, kw,
// channels], of places spread over the image.
#include <algorithm>

#include "base/kernel_policy.h"
#include "kernels/conv/conv.h"
#include "ops/conv_layer.h"
#include "ops/operands.h"

namespace octavo {

namespace {

// As many as are shown at most, in elements.
constexpr int64_t kMostElements = int64_t{4} << 20;

// Channels whose rows are gathered together: what they are written to stays in the first cache.
constexpr int64_t kChannels = 64;

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

// The position whose window is row `i`.
int64_t position_of_row(const kernels::ConvGeometry& g, int64_t rows, int64_t i) {
  return (2 * i + 1) * g.positions() / (2 * rows);
}

// Where a group is one channel: the rows of groups [begin, end). Neighbouring channels are read together.
void gather_channels(const kernels::ConvGeometry& g, const float* in, int64_t rows, int64_t begin,
                     int64_t end, float* shown) {
  const int64_t depth = g.depth();
  for (int64_t i = 0; i < rows; ++i) {
    const int64_t position = position_of_row(g, rows, i), line = position / g.ow;
    const int64_t left = position % g.ow * g.stride_w - g.pad_left,
                  top = line % g.oh * g.stride_h - g.pad_top;
    float* to = shown + i * depth;
    for (int ky = 0; ky < g.kh; ++ky)
      for (int kx = 0; kx < g.kw; ++kx, ++to) {
        const int64_t y = top + int64_t{ky} * g.dilation_h, x = left + int64_t{kx} * g.dilation_w;
        const bool is_inside = 0 <= y && y < g.h && 0 <= x && x < g.w;
        const float* const pixel = in + ((line / g.oh * g.h + y) * g.w + x) * g.c;
        for (int64_t group = begin; group < end; ++group)
          to[group * rows * depth] = is_inside ? pixel[group] : 0.0f;
      }
  }
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
  const int64_t rows = shown_rows(g), depth = g.depth();
  float* const shown =
      scratch.take<float>(static_cast<uint64_t>(g.groups * rows * depth) + kernels::kWindowSlack);
  if (g.groups == g.c && !g.is_volume) {
    parallel_for(ctx.kernels.threads, g.groups, {.least = kChannels, .unit = kChannels},
                 [&](int64_t begin, int64_t end, int) {
                   for (; begin < end; begin += kChannels)
                     gather_channels(g, in, rows, begin, std::min(begin + kChannels, end), shown);
                 });
  } else {
    float* row = shown;
    for (int group = 0; group < g.groups; ++group)
      for (int64_t i = 0; i < rows; ++i, row += depth)
        kernels::gather_window_f32(g, in, group, position_of_row(g, rows, i), row);
  }
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
