#include "ops/conv_layer.h"

#include "base/error.h"
#include "ops/operands.h"
#include "ops/window.h"

namespace octavo {

namespace {

// Two of them add up to an int, as positions in a padded image do.
constexpr int64_t kLargestSize = (int64_t{1} << 30) - 1;

int to_int(int64_t size) {
  require(size >= 0 && size <= kLargestSize, ErrorCode::unsupported,
          "a convolution over a dimension of {}, which is too large", size);
  return static_cast<int>(size);
}

}  // namespace

int64_t group_count(const Attrs& attrs) {
  const int64_t groups = attrs.get_int("group", 1);
  require(groups >= 1 && groups <= kLargestSize, ErrorCode::invalid_graph, "group is {}", groups);
  return groups;
}

Dims kernel_sizes(const Attrs& attrs, const Shape& w) {
  Dims kernel(w.dims.begin() + 2, w.dims.end());
  const std::span<const int64_t> given = attrs.get_ints("kernel_shape");
  if (given.empty()) return kernel;
  require(given.size() == kernel.size(), ErrorCode::invalid_graph,
          "kernel_shape has {} values, but the weights are {}", given.size(), w);
  for (std::size_t i = 0; i < kernel.size(); ++i) {
    if (kernel[i] == kDynamic) kernel[i] = given[i];
    require(kernel[i] == given[i], ErrorCode::invalid_graph, "kernel_shape does not fit weights {}", w);
  }
  return kernel;
}

void infer_conv(InferContext& ctx, DType dtype) {
  const Shape &x = ctx.shape(0), &w = ctx.shape(1);
  require(w.rank() == x.rank(), ErrorCode::invalid_graph, "input {} and weights {} have different ranks", x,
          w);
  const ImageAxes axes(x, ctx.node);
  require(axes.spatial_rank() <= Window::kMaxSpatialRank, ErrorCode::unsupported,
          "convolution over {} spatial axes: input {}", axes.spatial_rank(), x);
  const int64_t groups = group_count(ctx.attrs());
  const int64_t channels = w[1] == kDynamic ? kDynamic : w[1] * groups;
  require(may_equal(x[axes.channels()], channels), ErrorCode::invalid_graph,
          "input {} has {} channels, but weights {} in {} groups take {}", x, x[axes.channels()], w, groups,
          channels);
  require(w[0] == kDynamic || w[0] % groups == 0, ErrorCode::invalid_graph,
          "weights {} do not divide into {} groups", w, groups);
  if (ctx.has(2)) {
    const Shape& bias = ctx.shape(2);
    require(bias.rank() == 1 && may_equal(bias[0], w[0]), ErrorCode::invalid_graph,
            "bias {} does not fit weights {}", bias, w);
  }
  const Window window = read_window(ctx.attrs(), kernel_sizes(ctx.attrs(), w));
  ctx.set(0, dtype, windowed_shape(window, axes, x, w[0]));
}

kernels::ConvGeometry conv_weight_geometry(const Attrs& attrs, const Shape& w) {
  kernels::ConvGeometry g;
  g.groups = to_int(group_count(attrs));
  g.oc = to_int(w[0]);
  g.c = to_int(w[1] * g.groups);
  g.is_volume = w.rank() == 5;
  g.kd = g.is_volume ? to_int(w[2]) : 1;
  g.kh = w.rank() >= 4 ? to_int(w[w.rank() - 2]) : 1;
  g.kw = to_int(w[w.rank() - 1]);
  return g;
}

kernels::ConvGeometry conv_geometry(const ShapeContext& ctx) {
  const Node& node = ctx.node;
  const Shape &x = ctx.shape(0), &w = ctx.shape(1);
  const ImageAxes axes(x, node);
  const Window window = read_window(node.attrs, kernel_sizes(node.attrs, w));
  kernels::ConvGeometry g = conv_weight_geometry(node.attrs, w);
  g.n = to_int(x[0]);
  const int last = axes.spatial_rank() - 1;
  const WindowAxis horizontal = window.resolve(last, x[axes.spatial(last)]);
  g.w = to_int(x[axes.spatial(last)]);
  g.ow = to_int(window.output_size(last, g.w));
  g.stride_w = to_int(horizontal.stride);
  g.dilation_w = to_int(horizontal.dilation);
  g.pad_left = to_int(horizontal.pad_begin);
  if (last >= 1) {
    const WindowAxis vertical = window.resolve(last - 1, x[axes.spatial(last - 1)]);
    g.h = to_int(x[axes.spatial(last - 1)]);
    g.oh = to_int(window.output_size(last - 1, g.h));
    g.stride_h = to_int(vertical.stride);
    g.dilation_h = to_int(vertical.dilation);
    g.pad_top = to_int(vertical.pad_begin);
  }
  if (g.is_volume) {
    const WindowAxis depth = window.resolve(0, x[axes.spatial(0)]);
    g.d = to_int(x[axes.spatial(0)]);
    g.od = to_int(window.output_size(0, g.d));
    g.stride_d = to_int(depth.stride);
    g.dilation_d = to_int(depth.dilation);
    g.pad_front = to_int(depth.pad_begin);
  }
  return g;
}

int64_t conv_macs(const ShapeContext& ctx) {
  const kernels::ConvGeometry g = conv_geometry(ctx);
  return g.positions() * g.oc * g.depth();
}

}  // namespace octavo
