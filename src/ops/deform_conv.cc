// DeformConv (float32, 2-D): convolution whose taps are moved by offsets and weighted by a mask, as a matrix product of
// sampled columns. ONNX DeformConv-19 … DeformConv-22.
#include <cmath>

#include "base/error.h"
#include "ops/channel_order.h"
#include "ops/conv_layer.h"
#include "ops/matrix.h"
#include "ops/operands.h"
#include "ops/parallel.h"
#include "ops/window.h"

namespace octavo {

namespace {

constexpr AttrDef kAttributes[] = {{"dilations", AttrKind::integers},    {"group", AttrKind::integer},
                                   {"kernel_shape", AttrKind::integers}, {"offset_group", AttrKind::integer},
                                   {"pads", AttrKind::integers},         {"strides", AttrKind::integers}};

enum : std::size_t { kWeights = 1, kOffsets = 2, kBias = 3, kMask = 4 };

void infer(InferContext& ctx) {
  for (std::size_t i = 0; i < ctx.inputs.size(); ++i)
    if (ctx.has(i)) require_dtype(ctx, i, Types<float>{});
  const Shape &x = ctx.shape(0), &w = ctx.shape(kWeights), &offsets = ctx.shape(kOffsets);
  require(x.rank() == 4, ErrorCode::unsupported, "DeformConv takes images of two spatial axes, not {}", x);
  require(w.rank() == 4 && offsets.rank() == 4, ErrorCode::invalid_graph,
          "weights {} or offsets {} do not have the rank of input {}", w, offsets, x);
  const int64_t groups = group_count(ctx.attrs()), offset_groups = ctx.attrs().get_int("offset_group", 1);
  require(offset_groups >= 1 && (x[1] == kDynamic || x[1] % offset_groups == 0), ErrorCode::invalid_graph,
          "input {} does not divide into {} groups of offsets", x, offset_groups);
  require((w[1] == kDynamic || may_equal(x[1], w[1] * groups)) && (w[0] == kDynamic || w[0] % groups == 0),
          ErrorCode::invalid_graph, "weights {} in {} groups do not fit input {}", w, groups, x);
  const Dims kernel = kernel_sizes(ctx.attrs(), w);
  const Window window = read_window(ctx.attrs(), kernel);
  Shape y{x[0], w[0], window.output_size(0, x[2]), window.output_size(1, x[3])};
  const bool is_known = kernel[0] != kDynamic && kernel[1] != kDynamic;
  require(!is_known || offset_groups <= kMaxTensorBytes, ErrorCode::invalid_graph, "offset_group is {}",
          offset_groups);
  const int64_t taps = is_known ? offset_groups * kernel[0] * kernel[1] : kDynamic;
  const auto check = [&](const Shape& shape, int64_t channels, const char* what) {
    require(shape.rank() == 4 && may_equal(shape[0], y[0]) && may_equal(shape[1], channels) &&
                may_equal(shape[2], y[2]) && may_equal(shape[3], y[3]),
            ErrorCode::invalid_graph, "{}{} does not fit {} taps of output {}", what, shape, taps, y);
  };
  check(offsets, is_known ? 2 * taps : kDynamic, "offsets of shape ");
  if (ctx.has(kMask)) check(ctx.shape(kMask), taps, "a mask of shape ");
  if (ctx.has(kBias))
    require(ctx.shape(kBias).rank() == 1 && may_equal(ctx.shape(kBias)[0], w[0]), ErrorCode::invalid_graph,
            "bias {} does not fit weights {}", ctx.shape(kBias), w);
  ctx.set(0, DType::f32, y);
}

struct DeformPlan {
  WindowAxis vertical, horizontal;
  int64_t groups, channels, outputs;  // of a group
  int64_t channels_of_offsets;        // that share an offset
  int64_t height, width, out_width, positions;

  int64_t taps() const { return vertical.kernel * horizontal.kernel; }
  int64_t depth() const { return taps() * channels; }
};

StepPlan plan(const PlanContext& ctx) {
  const Shape &x = ctx.shape(0), &w = ctx.shape(kWeights), &y = ctx.output_shape();
  const Window window = read_window(ctx.attrs(), kernel_sizes(ctx.attrs(), w));
  DeformPlan plan;
  plan.vertical = window.axes[0];
  plan.horizontal = window.axes[1];
  plan.groups = group_count(ctx.attrs());
  plan.channels = w[1];
  plan.outputs = w[0] / plan.groups;
  plan.channels_of_offsets = x[1] / ctx.attrs().get_int("offset_group", 1);
  plan.height = x[2];
  plan.width = x[3];
  plan.out_width = y[3];
  plan.positions = y[2] * y[3];
  const auto bytes = [](int64_t count) { return scratch_bytes<float>(static_cast<uint64_t>(count)); };
  return {
      .state = PlanState(plan),
      .workspace = bytes(plan.positions * plan.depth()) + bytes(plan.positions * w[0]) +
                   scratch_bytes<std::byte>(packed_matrix_bytes(ctx.kernels, plan.depth(), plan.outputs))};
}

// The four pixels around a point. Those outside of the image have no weight.
struct Corners {
  int64_t pixel[4] = {};
  float weight[4] = {};

  Corners(float y, float x, int64_t height, int64_t width) {
    const bool is_near = y > -1 && y < static_cast<float>(height) && x > -1 && x < static_cast<float>(width);
    if (!is_near) return;
    const float top = std::floor(y), left = std::floor(x);
    for (int i = 0; i < 4; ++i) {
      const int64_t row = static_cast<int64_t>(top) + i / 2, column = static_cast<int64_t>(left) + i % 2;
      if (row < 0 || row >= height || column < 0 || column >= width) continue;
      pixel[i] = row * width + column;
      weight[i] = (i / 2 ? y - top : 1 - (y - top)) * (i % 2 ? x - left : 1 - (x - left));
    }
  }
  float sample(const float* plane) const {
    float sum = 0;
    for (int i = 0; i < 4; ++i)
      if (weight[i] != 0) sum += weight[i] * plane[pixel[i]];
    return sum;
  }
};

// What the taps of position `p` see of the channels of a group: a row of A. `offsets` and `mask` are those of an image.
void sample_columns(const DeformPlan& g, const float* image, const float* offsets, const float* mask,
                    int64_t group, int64_t p, float* row) {
  const int64_t taps = g.taps(), first = group * g.channels, end = first + g.channels;
  for (int64_t c = first; c < end;) {
    const int64_t set = c / g.channels_of_offsets, set_end = std::min(end, (set + 1) * g.channels_of_offsets);
    for (int64_t t = 0; t < taps; ++t) {
      const float* const offset = offsets + (set * taps + t) * 2 * g.positions + p;
      const int64_t y = p / g.out_width * g.vertical.stride - g.vertical.pad_begin +
                        t / g.horizontal.kernel * g.vertical.dilation;
      const int64_t x = p % g.out_width * g.horizontal.stride - g.horizontal.pad_begin +
                        t % g.horizontal.kernel * g.horizontal.dilation;
      const Corners corners(static_cast<float>(y) + offset[0], static_cast<float>(x) + offset[g.positions],
                            g.height, g.width);
      const float weight = mask ? mask[(set * taps + t) * g.positions + p] : 1;
      for (int64_t i = c; i < set_end; ++i)
        row[(i - first) * taps + t] = weight * corners.sample(image + i * g.height * g.width);
    }
    c = set_end;
  }
}

void run(RunContext& ctx) {
  if (ctx.outputs[0].shape.elements() == 0) return;
  const auto& g = ctx.planned<DeformPlan>();
  const int64_t outputs = g.groups * g.outputs, depth = g.depth();
  Scratch scratch(ctx.workspace);
  float* const columns = scratch.take<float>(static_cast<uint64_t>(g.positions * depth));
  float* const product = scratch.take<float>(static_cast<uint64_t>(g.positions * outputs));
  std::byte* const packed = scratch.take<std::byte>(packed_matrix_bytes(ctx.kernels, depth, g.outputs));
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const auto image_of = [&](std::size_t i, int64_t n) {
    const TensorView& tensor = ctx.inputs[i];
    return tensor.as<float>() + n * tensor.shape.elements(1, tensor.shape.rank());
  };
  for (int64_t n = 0; n < ctx.inputs[0].shape[0]; ++n) {
    for (int64_t group = 0; group < g.groups; ++group) {
      parallel_elements(ctx.kernels, g.positions, 8 * depth, [&](int64_t begin, int64_t end) {
        for (int64_t p = begin; p < end; ++p)
          sample_columns(g, image_of(0, n), image_of(kOffsets, n),
                         ctx.has(kMask) ? image_of(kMask, n) : nullptr, group, p, columns + p * depth);
      });
      const auto weights =
          pack_matrix(ctx.kernels, ctx.inputs[kWeights].as<float>() + group * g.outputs * depth, depth,
                      g.outputs, true, packed);
      const float* const bias = ctx.has(kBias) ? ctx.inputs[kBias].as<float>() + group * g.outputs : nullptr;
      multiply(ctx.kernels, weights, {columns, static_cast<ptrdiff_t>(depth), static_cast<int>(g.positions)},
               {bias, -kInfinity, kInfinity, product + group * g.outputs, static_cast<ptrdiff_t>(outputs)});
    }
    to_channels_first(product, ctx.outputs[0].as<float>() + n * outputs * g.positions, 1, outputs,
                      g.positions);
  }
}

int64_t macs(const ShapeContext& ctx) {
  const Shape& w = ctx.shape(kWeights);
  return ctx.output_shape().elements() * w.elements(1, w.rank());
}

OCTAVO_OPERATOR(deform_conv, {.name = "DeformConv",
                              .since = 19,
                              .min_inputs = 3,
                              .max_inputs = 5,
                              .attributes = kAttributes,
                              .infer = infer,
                              .plan = plan,
                              .run = run,
                              .macs = macs,
                              .computes_f32 = true});

}  // namespace

}  // namespace octavo
