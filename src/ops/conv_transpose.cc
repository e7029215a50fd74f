// ConvTranspose (float32): 1-D to 3-D, grouped, dilated: the windows Wᵀ·x of each input pixel, added up to an image.
// ONNX ConvTranspose-1 … ConvTranspose-22.
#include "base/error.h"
#include "kernels/col2im/col2im.h"
#include "ops/channel_order.h"
#include "ops/conv_layer.h"
#include "ops/matrix.h"
#include "ops/operands.h"
#include "ops/parallel.h"
#include "ops/window.h"

namespace octavo {

namespace {

constexpr auto kAttributes = joined(kWindowAttributes, {{"group", AttrKind::integer},
                                                        {"output_padding", AttrKind::integers},
                                                        {"output_shape", AttrKind::integers}});

constexpr int64_t kLargestPadding = 1 << 20;
constexpr int64_t kLargestOutput = int64_t{1} << 31;

// A list of as many values as there are spatial axes, or none.
std::span<const int64_t> read_list(const Attrs& attrs, Name name, int count, int64_t largest) {
  const std::span<const int64_t> values = attrs.get_ints(name);
  require(values.empty() || std::ssize(values) == count, ErrorCode::invalid_graph,
          "{} has {} values where {} are needed", name, values.size(), count);
  for (int64_t value : values)
    require(value >= 0 && value < largest, ErrorCode::invalid_graph, "{} has the value {}", name, value);
  return values;
}

// Input 1 is w [c, oc/group, kernel…].
struct Geometry {
  int64_t n, groups, in_channels, out_channels;  // channels of a group
  kernels::Col2Im image;

  int64_t channels() const { return groups * in_channels; }
  int64_t outputs() const { return groups * out_channels; }
  int64_t windows() const { return image.axes[0].windows * image.axes[1].windows * image.axes[2].windows; }
  int64_t rows() const { return image.axes[0].image * image.axes[1].image; }
  int64_t pixels() const { return rows() * image.axes[2].image; }
  int64_t taps() const { return image.axes[0].kernel * image.axes[1].kernel * image.axes[2].kernel; }
  int64_t columns() const { return taps() * out_channels; }
};

// One spatial axis, which is kDynamic where a size is not known.
kernels::Col2ImAxis axis_of(const Attrs& attrs, const Window& window, int i, int spatial, int64_t in) {
  const WindowAxis& a = window.axes[i];
  const auto padding = read_list(attrs, "output_padding", spatial, kLargestPadding);
  const auto shape = read_list(attrs, "output_shape", spatial, kLargestOutput);
  kernels::Col2ImAxis axis{kDynamic, in, a.kernel, a.stride, a.dilation, a.pad_begin};
  const bool is_same =
      window.auto_pad == Window::AutoPad::same_upper || window.auto_pad == Window::AutoPad::same_lower;
  const bool is_known = in != kDynamic && a.kernel != kDynamic;
  const int64_t full = (in - 1) * a.stride + (padding.empty() ? 0 : padding[i]) + a.extent();
  if (!shape.empty() || is_same) {
    if (!shape.empty())
      axis.image = shape[i];
    else if (in != kDynamic)
      axis.image = in * a.stride;
    const int64_t total = is_known ? std::max<int64_t>(full - axis.image, 0) : 0;
    axis.pad = window.auto_pad == Window::AutoPad::same_upper ? total / 2 : total - total / 2;
  } else if (is_known) {
    axis.image = full - a.pad_begin - a.pad_end;
    require(axis.image >= 0 && axis.image < kLargestOutput, ErrorCode::invalid_graph,
            "an axis of {} has an output of {}", in, axis.image);
  }
  return axis;
}

void infer(InferContext& ctx) {
  for (std::size_t i = 0; i < ctx.inputs.size(); ++i)
    if (ctx.has(i)) require_dtype(ctx, i, Types<float>{});
  const Shape &x = ctx.shape(0), &w = ctx.shape(1);
  const ImageAxes axes(x, ctx.node);
  const int spatial = axes.spatial_rank();
  require(w.rank() == x.rank(), ErrorCode::invalid_graph, "input {} and weights {} have different ranks", x,
          w);
  require(spatial <= Window::kMaxSpatialRank, ErrorCode::unsupported,
          "convolution over {} spatial axes: input {}", spatial, x);
  const int64_t groups = group_count(ctx.attrs()), channels = x[axes.channels()];
  require(channels == kDynamic || w[0] == kDynamic || channels == w[0], ErrorCode::invalid_graph,
          "input {} has {} channels, but weights {} take {}", x, channels, w, w[0]);
  require(w[0] == kDynamic || w[0] % groups == 0, ErrorCode::invalid_graph,
          "weights {} do not divide into {} groups", w, groups);
  const int64_t outputs = w[1] == kDynamic ? kDynamic : w[1] * groups;
  if (ctx.has(2)) {
    const Shape& bias = ctx.shape(2);
    require(bias.rank() == 1 && (bias[0] == outputs || bias[0] == kDynamic || outputs == kDynamic),
            ErrorCode::invalid_graph, "bias {} does not fit weights {}", bias, w);
  }
  const Window window = read_window(ctx.attrs(), kernel_sizes(ctx.attrs(), w));
  Shape y = x;
  y[axes.channels()] = outputs;
  for (int i = 0; i < spatial; ++i)
    y[axes.spatial(i)] = axis_of(ctx.attrs(), window, i, spatial, x[axes.spatial(i)]).image;
  ctx.set(0, DType::f32, y);
}

Geometry geometry_of(const ShapeContext& ctx) {
  const Shape &x = ctx.shape(0), &w = ctx.shape(1);
  const ImageAxes axes(x, ctx.node);
  const int spatial = axes.spatial_rank();
  const int64_t groups = group_count(ctx.attrs());
  const Window window = read_window(ctx.attrs(), kernel_sizes(ctx.attrs(), w));
  Geometry g{x[0], groups, w[0] / groups, w[1], {}};
  for (int i = 0; i < spatial; ++i)
    g.image.axes[3 - spatial + i] = axis_of(ctx.attrs(), window, i, spatial, x[axes.spatial(i)]);
  g.image.window_step = g.columns();
  g.image.tap_step = g.image.channels = g.out_channels;
  g.image.pixel_step = g.outputs();
  return g;
}

// Weights of a group as B [c/group, taps · oc/group] of a product, packed group by group.
struct PackedTranspose {
  kernels::PackedGemmF32 first;
  uint64_t group_bytes;

  kernels::PackedGemmF32 group(int64_t i) const {
    kernels::PackedGemmF32 packed = first;
    packed.panels += i * static_cast<int64_t>(group_bytes / sizeof(float));
    return packed;
  }
};

// `ordered` has room for the weights of a group.
PackedTranspose pack(const KernelPolicy& policy, int64_t groups, int64_t channels, int64_t outputs,
                     int64_t taps, const float* w, float* ordered, std::byte* memory) {
  PackedTranspose packed{{}, packed_matrix_bytes(policy, channels, taps * outputs)};
  // Of nothing there may be any number of groups.
  const int64_t last = channels * outputs * taps == 0 ? 0 : groups - 1;
  for (int64_t i = last; i >= 0; --i) {
    swap_axes(w + i * channels * outputs * taps, ordered, channels, outputs, taps);
    packed.first = pack_matrix(policy, ordered, channels, taps * outputs, false,
                               memory + static_cast<uint64_t>(i) * packed.group_bytes);
  }
  return packed;
}

struct PreparedTranspose : Prepared {
  Buffer memory;
  PackedTranspose weights;
  int64_t groups, outputs, taps;

  bool can_unpack(std::size_t input) const override { return input == 1; }
  void unpack(std::size_t, const TensorView& elements) const override {
    const int64_t channels = weights.first.k, size = channels * outputs * taps;
    if (size == 0) return;
    Buffer ordered(static_cast<uint64_t>(size) * sizeof(float));
    auto* const b = reinterpret_cast<float*>(ordered.data());
    for (int64_t i = 0; i < groups; ++i) {
      unpack_gemm_f32(weights.group(i), kernels::weights_kn(b, weights.first.k, weights.first.n));
      swap_axes<float>(b, elements.as<float>() + i * size, channels, taps, outputs);
    }
  }
};

std::shared_ptr<const Prepared> prepare(const PrepareContext& ctx) {
  const Tensor* const w = ctx.constant(1);
  if (w == nullptr) return nullptr;
  auto prepared = std::make_shared<PreparedTranspose>();
  prepared->groups = group_count(ctx.node.attrs);
  prepared->outputs = w->shape()[1];
  prepared->taps = w->shape().elements(2, w->shape().rank());
  const int64_t channels = w->shape()[0] / prepared->groups, columns = prepared->outputs * prepared->taps;
  Buffer ordered(static_cast<uint64_t>(channels * columns) * sizeof(float));
  prepared->memory =
      Buffer(packed_matrix_bytes(ctx.kernels, channels, columns) * static_cast<uint64_t>(prepared->groups));
  prepared->weights =
      pack(ctx.kernels, prepared->groups, channels, prepared->outputs, prepared->taps,
           w->span<float>().data(), reinterpret_cast<float*>(ordered.data()), prepared->memory.data());
  return prepared;
}

uint64_t packed_bytes(const KernelPolicy& policy, const Geometry& g) {
  return packed_matrix_bytes(policy, g.in_channels, g.columns()) * static_cast<uint64_t>(g.groups);
}

StepPlan plan(const PlanContext& ctx) {
  const Geometry g = geometry_of(ctx);
  const auto bytes = [](int64_t count) { return scratch_bytes<float>(static_cast<uint64_t>(count)); };
  uint64_t workspace = bytes(g.windows() * g.columns());
  if (!ctx.node.lowered.channels_last)
    workspace += bytes(g.windows() * g.channels()) + bytes(g.pixels() * g.outputs());
  if (!ctx.node.prepared)
    workspace += bytes(g.in_channels * g.columns()) + scratch_bytes<std::byte>(packed_bytes(ctx.kernels, g));
  return {.state = PlanState(g), .workspace = workspace};
}

void run(RunContext& ctx) {
  if (ctx.outputs[0].shape.elements() == 0) return;
  const auto& g = ctx.planned<Geometry>();
  const bool is_last = ctx.node.lowered.channels_last;
  Scratch scratch(ctx.workspace);
  const auto take = [&](int64_t count) { return scratch.take<float>(static_cast<uint64_t>(count)); };
  PackedTranspose weights;
  if (ctx.node.prepared) {
    weights = ctx.prepared<PreparedTranspose>().weights;
  } else {
    float* const ordered = take(g.in_channels * g.columns());
    weights = pack(ctx.kernels, g.groups, g.in_channels, g.out_channels, g.taps(), ctx.inputs[1].as<float>(),
                   ordered, scratch.take<std::byte>(packed_bytes(ctx.kernels, g)));
  }
  float* const columns = take(g.windows() * g.columns());
  float* const ordered_in = is_last ? nullptr : take(g.windows() * g.channels());
  float* const ordered_out = is_last ? nullptr : take(g.pixels() * g.outputs());
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (int64_t n = 0; n < g.n; ++n) {
    const float* in = ctx.inputs[0].as<float>() + n * g.windows() * g.channels();
    float* const out = ctx.outputs[0].as<float>() + n * g.pixels() * g.outputs();
    if (!is_last) {
      to_channels_last(in, ordered_in, 1, g.channels(), g.windows());
      in = ordered_in;
    }
    for (int64_t i = 0; i < g.groups; ++i) {
      multiply(ctx.kernels, weights.group(i),
               {in + i * g.in_channels, static_cast<ptrdiff_t>(g.channels()), static_cast<int>(g.windows())},
               {nullptr, -kInfinity, kInfinity, columns, static_cast<ptrdiff_t>(g.columns())});
      kernels::Col2Im image = g.image;
      image.bias = ctx.has(2) ? ctx.inputs[2].as<float>() + i * g.out_channels : nullptr;
      image.lo = ctx.node.lowered.clamp.low;
      image.hi = ctx.node.lowered.clamp.high;
      float* const pixels = (is_last ? out : ordered_out) + i * g.out_channels;
      parallel_elements(
          ctx.kernels, g.rows(), g.windows() * g.columns() / std::max<int64_t>(g.rows(), 1),
          [&](int64_t begin, int64_t end) { kernels::col2im(image, columns, pixels, begin, end); });
    }
    if (!is_last) to_channels_first(ordered_out, out, 1, g.outputs(), g.pixels());
  }
}

int64_t macs(const ShapeContext& ctx) {
  const Geometry g = geometry_of(ctx);
  return g.n * g.windows() * g.channels() * g.columns();
}

OCTAVO_OPERATOR(conv_transpose, {.name = "ConvTranspose",
                                 .min_inputs = 2,
                                 .max_inputs = 3,
                                 .attributes = kAttributes,
                                 .infer = infer,
                                 .prepare = prepare,
                                 .plan = plan,
                                 .run = run,
                                 .macs = macs,
                                 .computes_f32 = true,
                                 .clamps_output = true,
                                 .layout = LayoutRule::channels_last});

}  // namespace

}  // namespace octavo
