// Col2Im (float32): overlapping blocks added up to an image of one to three axes. ONNX Col2Im-18.
#include "kernels/col2im/col2im.h"

#include <cmath>

#include "base/error.h"
#include "ops/operands.h"
#include "ops/parallel.h"
#include "ops/window.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {
    {"dilations", AttrKind::integers}, {"pads", AttrKind::integers}, {"strides", AttrKind::integers}};

enum : std::size_t { kImage = 1, kBlock = 2 };

// Elements of a block. Throws where the sizes make no sense.
int64_t elements_of(std::span<const int64_t> block) {
  int64_t taps = 1;
  for (int64_t size : block) {
    require(size >= 1 && taps <= kMaxTensorBytes / size, ErrorCode::invalid_graph, "a block of {}",
            Shape(Dims(block)));
    taps *= size;
  }
  return taps;
}

void infer(InferContext& ctx) {
  require_dtype(ctx, 0, Types<float>{});
  const Shape& x = ctx.shape(0);
  const int64_t spatial = ctx.known_length(kImage), in_block = ctx.known_length(kBlock);
  require(x.rank() == 3 && (spatial == in_block || spatial == kDynamic || in_block == kDynamic),
          ErrorCode::invalid_graph, "columns {} do not fit an image of {} axes and blocks of {}", x, spatial,
          in_block);
  if (spatial == kDynamic) return ctx.set_unknown(0, DType::f32);
  require(spatial >= 1 && spatial <= Window::kMaxSpatialRank, ErrorCode::unsupported,
          "Col2Im of {} spatial axes", spatial);
  Shape y(Dims(static_cast<std::size_t>(spatial) + 2, kDynamic));
  y[0] = x[0];
  const auto image = ctx.known_ints(kImage), block = ctx.known_ints(kBlock);
  if (image)
    for (int i = 0; i < spatial; ++i) {
      require((*image)[i] >= 0 && (*image)[i] <= kMaxTensorBytes, ErrorCode::invalid_graph,
              "an image of {} elements", (*image)[i]);
      y[2 + i] = (*image)[i];
    }
  if (block && x[1] != kDynamic) {
    const int64_t taps = elements_of(*block);
    require(x[1] % taps == 0, ErrorCode::invalid_graph, "columns {} do not divide into blocks of {}", x,
            taps);
    y[1] = x[1] / taps;
  }
  if (image && block) {
    const Window window = read_window(ctx.attrs(), Dims(std::span<const int64_t>(*block)));
    Dims counts;
    for (int i = 0; i < spatial; ++i) counts.push_back(window.output_size(i, y[2 + i]));
    const int64_t windows = elements_of(counts);
    require(x[2] == kDynamic || x[2] == windows, ErrorCode::invalid_graph, "columns {} are not of {} blocks",
            x, windows);
  }
  ctx.set(0, DType::f32, y);
}

StepPlan plan(const PlanContext& ctx) {
  const Shape& y = ctx.output_shape();
  const int spatial = y.rank() - 2;
  Dims block;
  for (int i = 0; i < spatial; ++i) block.push_back(int_at(ctx.known(kBlock), i));
  const Window window = read_window(ctx.attrs(), block);
  kernels::Col2Im g{.lo = -HUGE_VALF, .hi = HUGE_VALF};
  for (int i = 0; i < spatial; ++i) {
    const WindowAxis& a = window.axes[i];
    g.axes[3 - spatial + i] = {y[2 + i],   window.output_size(i, y[2 + i]), a.kernel, a.stride, a.dilation,
                               a.pad_begin};
  }
  g.tap_step = ctx.shape(0)[2];
  return {.state = PlanState(g)};
}

void run(RunContext& ctx) {
  const auto& g = ctx.planned<kernels::Col2Im>();
  const auto& [a0, a1, a2] = g.axes;
  const int64_t pixels = a0.image * a1.image * a2.image;
  const int64_t taps = a0.kernel * a1.kernel * a2.kernel;
  const Shape& y = ctx.outputs[0].shape;
  parallel_elements(ctx.kernels, y[0] * y[1], pixels + taps * g.tap_step, [&](int64_t begin, int64_t end) {
    for (; begin < end; ++begin)
      kernels::col2im(g, ctx.inputs[0].as<float>() + begin * taps * g.tap_step,
                      ctx.outputs[0].as<float>() + begin * pixels, 0, a0.image * a1.image);
  });
}

OCTAVO_OPERATOR(col2im, {.name = "Col2Im",
                         .since = 18,
                         .min_inputs = 3,
                         .max_inputs = 3,
                         .attributes = kAttributes,
                         .infer = infer,
                         .plan = plan,
                         .run = run,
                         .computes_f32 = true,
                         .shape_operands = 1 << kImage | 1 << kBlock});

}  // namespace

}  // namespace octavo
