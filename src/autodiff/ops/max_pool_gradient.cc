// octavo.MaxPoolGradient (float32): dx = MaxPoolGradient(dy, x), with the attributes of the MaxPool that made y of x.
// The first of the largest elements of each window gets dy; windows that overlap are added up, in their order.
#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "ops/operands.h"
#include "ops/pool_layer.h"
#include "ops/window.h"

namespace octavo {

namespace {

constexpr auto kAttributes =
    joined(kWindowAttributes, {{"ceil_mode", AttrKind::integer}, {"storage_order", AttrKind::integer}});

void infer(InferContext& ctx) {
  for (std::size_t i : {0, 1}) require_dtype(ctx, i, Types<float>{});
  ctx.set(0, DType::f32, ctx.shape(1));
}

StepPlan plan(const PlanContext& ctx) {
  // The pooled image is input 1.
  return {.state = PlanState(pool_geometry({ctx.node, ctx.inputs.subspan(1), ctx.outputs}))};
}

// One image [pixels, c].
void give_back(const kernels::PoolGeometry& g, const float* dy, const float* x, float* dx) {
  constexpr int64_t kChannels = 64;  // at a time
  const auto& [a0, a1, a2] = g.axes;
  std::memset(dx, 0, static_cast<std::size_t>(g.input_pixels() * g.c) * sizeof(float));
  for (int64_t o = 0; o < g.output_pixels(); ++o) {
    const kernels::PoolTaps t0(a0, o / (a1.out * a2.out)), t1(a1, o / a2.out % a1.out), t2(a2, o % a2.out);
    if (t0.count() <= 0 || t1.count() <= 0 || t2.count() <= 0) continue;
    for (int64_t from = 0; from < g.c; from += kChannels) {
      const int64_t channels = std::min(kChannels, g.c - from);
      float best[kChannels];
      int32_t place[kChannels];
      bool is_first = true;
      for (int64_t i = t0.first_tap; i < t0.end_tap; ++i)
        for (int64_t j = t1.first_tap; j < t1.end_tap; ++j)
          for (int64_t k = t2.first_tap; k < t2.end_tap; ++k) {
            const int64_t d = t0.start + i * a0.dilation, r = t1.start + j * a1.dilation,
                          pixel = (d * a1.in + r) * a2.in + t2.start + k * a2.dilation;
            const float* const row = x + pixel * g.c + from;
            for (int64_t c = 0; c < channels; ++c) {
              const bool is_better = is_first || row[c] > best[c];
              best[c] = is_better ? row[c] : best[c];
              place[c] = is_better ? static_cast<int32_t>(pixel) : place[c];
            }
            is_first = false;
          }
      for (int64_t c = 0; c < channels; ++c) dx[place[c] * g.c + from + c] += dy[o * g.c + from + c];
    }
  }
}

void run(RunContext& ctx) {
  const auto& g = ctx.planned<kernels::PoolGeometry>();
  const float *const dy = ctx.inputs[0].as<float>(), *const x = ctx.inputs[1].as<float>();
  float* const dx = ctx.outputs[0].as<float>();
  const int64_t taps = g.axes[0].kernel * g.axes[1].kernel * g.axes[2].kernel;
  const int64_t in = g.input_pixels() * g.c, out = g.output_pixels() * g.c;
  parallel_elements(ctx.kernels, g.n, in + out * taps, [&](int64_t begin, int64_t end) {
    for (int64_t image = begin; image < end; ++image)
      give_back(g, dy + image * out, x + image * in, dx + image * in);
  });
}

// To channels-last, where MaxPool is, too.
bool permute(Graph&, Node& node, std::span<const int> permutation) {
  bool is_last = !node.lowered.channels_last && permutation[0] == 0 && permutation.back() == 1;
  for (std::size_t i = 1; i + 1 < permutation.size(); ++i)
    is_last &= permutation[i] == static_cast<int>(i) + 1;
  node.lowered.channels_last |= is_last;
  return is_last;
}

OCTAVO_OPERATOR(max_pool_gradient, {.name = "octavo.MaxPoolGradient",
                                    .min_inputs = 2,
                                    .max_inputs = 2,
                                    .attributes = kAttributes,
                                    .infer = infer,
                                    .plan = plan,
                                    .run = run,
                                    .computes_f32 = true,
                                    .layout = LayoutRule::joining,
                                    .permute = permute});

}  // namespace

}  // namespace octavo
