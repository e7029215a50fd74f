// GridSample (float32): images of one to three axes, sampled where a grid says. ONNX GridSample-16 … GridSample-22.
#include <cmath>

#include "base/error.h"
#include "ops/operands.h"
#include "ops/parallel.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {
    {"align_corners", AttrKind::integer}, {"mode", AttrKind::string}, {"padding_mode", AttrKind::string}};

constexpr int kMaxSpatialRank = 3, kMaxTaps = 4;

struct GridPlan {
  enum Mode : uint8_t { linear, nearest, cubic } mode;
  enum Padding : uint8_t { zeros, border, reflection } padding;
  bool aligned;
  int spatial;
  int64_t points, pixels;  // of an image
};

GridPlan read_plan(const Attrs& attrs) {
  GridPlan plan{};
  plan.mode = static_cast<GridPlan::Mode>(choice(attrs, "mode", {"linear", "nearest", "cubic"}));
  plan.padding =
      static_cast<GridPlan::Padding>(choice(attrs, "padding_mode", {"zeros", "border", "reflection"}));
  plan.aligned = attrs.get_int("align_corners", 0) != 0;
  return plan;
}

void infer(InferContext& ctx) {
  require_dtype(ctx, 0, Types<float>{});
  require_dtype(ctx, 1, Types<float>{});
  read_plan(ctx.attrs());
  const Shape &x = ctx.shape(0), &grid = ctx.shape(1);
  const int spatial = x.rank() - 2;
  require(spatial >= 1 && grid.rank() == x.rank(), ErrorCode::invalid_graph,
          "input {} and grid {} have different ranks, or no spatial axes", x, grid);
  require(spatial <= kMaxSpatialRank, ErrorCode::unsupported, "GridSample over {} spatial axes", spatial);
  require(may_equal(grid[0], x[0]) && may_equal(grid[spatial + 1], spatial), ErrorCode::invalid_graph,
          "grid {} does not fit input {}", grid, x);
  Shape y = x;
  for (int i = 0; i < spatial; ++i) y[2 + i] = grid[1 + i];
  ctx.set(0, DType::f32, y);
}

StepPlan plan(const PlanContext& ctx) {
  GridPlan plan = read_plan(ctx.attrs());
  plan.spatial = ctx.shape(0).rank() - 2;
  plan.points = ctx.shape(1).elements(1, plan.spatial + 1);
  plan.pixels = ctx.shape(0).elements(2, plan.spatial + 2);
  return {.state = PlanState(plan)};
}

// Mirrored at both borders as often as it takes.
double reflect(double x, double low, double high) {
  const double range = high - low;
  if (!(range > 0)) return low;
  const double distance = std::abs(x - low), turns = std::floor(distance / range);
  const double rest = distance - turns * range;
  return std::fmod(turns, 2) == 0 ? low + rest : high - rest;
}

// The elements along one axis that a coordinate of the grid mixes, and their weights.
struct Taps {
  int count;
  int64_t index[kMaxTaps];
  float weight[kMaxTaps];

  Taps(const GridPlan& plan, float at, int64_t size) {
    const auto length = static_cast<float>(size);
    double x = plan.aligned ? (at + 1) / 2 * (length - 1) : ((at + 1) * length - 1) / 2;
    const double low = plan.aligned ? 0 : -0.5, high = static_cast<double>(size) - 1 - low;
    if (plan.mode == GridPlan::nearest) x = std::nearbyint(x);
    if (plan.padding == GridPlan::reflection && (x < low || x > high)) x = reflect(x, low, high);
    // No tap of what lies further out, or nowhere, is inside.
    x = x > -4 ? std::min(x, static_cast<double>(size) + 4) : -4;
    const double before = std::floor(x);
    const auto f = static_cast<float>(x - before);
    int64_t first = static_cast<int64_t>(before);
    count = plan.mode == GridPlan::nearest ? 1 : plan.mode == GridPlan::linear ? 2 : 4;
    weight[0] = 1;
    if (count == 2) {
      weight[0] = 1 - f;
      weight[1] = f;
    } else if (count == 4) {
      --first;
      const auto near = [](float d) { return (1.25f * d - 2.25f) * d * d + 1; };
      const auto far = [](float d) { return ((-0.75f * d + 3.75f) * d - 6) * d + 3; };
      weight[0] = far(f + 1);
      weight[1] = near(f);
      weight[2] = near(1 - f);
      weight[3] = far(2 - f);
    }
    for (int t = 0; t < count; ++t) {
      int64_t i = first + t;
      const bool is_outside = i < 0 || i >= size;
      if (is_outside && plan.padding == GridPlan::zeros) weight[t] = 0;
      if (is_outside && plan.padding == GridPlan::reflection)
        i = static_cast<int64_t>(reflect(static_cast<double>(i), low, high));
      index[t] = std::clamp<int64_t>(i, 0, size - 1);
    }
  }
};

// The pixels that a point mixes.
struct Mixture {
  int count = 1;
  int64_t pixel[kMaxTaps * kMaxTaps * kMaxTaps] = {0};
  float weight[kMaxTaps * kMaxTaps * kMaxTaps] = {1};

  // Another axis, of which all pixels so far are at 0.
  void add_axis(const Taps& taps, int64_t step) {
    const int so_far = count;
    count *= taps.count;
    for (int i = count - 1; i >= 0; --i) {
      const int t = i / so_far;
      pixel[i] = pixel[i % so_far] + taps.index[t] * step;
      weight[i] = weight[i % so_far] * taps.weight[t];
    }
  }
};

void run(RunContext& ctx) {
  const auto& plan = ctx.planned<GridPlan>();
  const Shape& shape = ctx.inputs[0].shape;
  const int64_t channels = shape[1];
  float* const y = ctx.outputs[0].as<float>();
  parallel_elements(ctx.kernels, shape[0] * plan.points, 64 + 4 * channels, [&](int64_t begin, int64_t end) {
    for (int64_t point = begin; point < end; ++point) {
      const int64_t first = point / plan.points * channels;
      float* to = y + first * plan.points + point % plan.points;
      if (plan.pixels == 0) {
        for (int64_t c = 0; c < channels; ++c) to[c * plan.points] = 0;
        continue;
      }
      const float* const at = ctx.inputs[1].as<float>() + point * plan.spatial;
      Mixture mixture;
      int64_t step = 1;
      for (int i = 0; i < plan.spatial; ++i) {
        const int64_t size = shape[plan.spatial + 1 - i];
        mixture.add_axis(Taps(plan, at[i], size), step);
        step *= size;
      }
      const float* image = ctx.inputs[0].as<float>() + first * plan.pixels;
      for (int64_t c = 0; c < channels; ++c, image += plan.pixels, to += plan.points) {
        float sum = 0;
        for (int i = 0; i < mixture.count; ++i)
          if (mixture.weight[i] != 0) sum += mixture.weight[i] * image[mixture.pixel[i]];
        *to = sum;
      }
    }
  });
}

OCTAVO_OPERATOR(grid_sample, {.name = "GridSample",
                              .since = 16,
                              .min_inputs = 2,
                              .max_inputs = 2,
                              .attributes = kAttributes,
                              .infer = infer,
                              .plan = plan,
                              .run = run,
                              .computes_f32 = true});

}  // namespace

}  // namespace octavo
