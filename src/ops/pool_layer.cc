#include "ops/pool_layer.h"

#include "base/error.h"
#include "ops/window.h"

namespace octavo {

namespace {

Window pool_window(const Attrs& attrs, const ImageAxes& axes) {
  const std::span<const int64_t> kernel = attrs.get_ints("kernel_shape");
  require(static_cast<int>(kernel.size()) == axes.spatial_rank(), ErrorCode::invalid_graph,
          "kernel_shape has {} values where {} are needed", kernel.size(), axes.spatial_rank());
  return read_window(attrs, Dims(kernel));
}

// Batch and channels; channels-first images are pooled plane by plane.
kernels::PoolGeometry planes(const ImageAxes& axes, const Shape& x) {
  kernels::PoolGeometry g;
  const int64_t channels = x[axes.channels()];
  g.n = axes.channels_last ? x[0] : x[0] * channels;
  g.c = axes.channels_last ? channels : 1;
  return g;
}

}  // namespace

void infer_pool(InferContext& ctx, DType dtype) {
  const Shape& x = ctx.shape(0);
  const ImageAxes axes(x, ctx.node);
  require(axes.spatial_rank() <= 3, ErrorCode::unsupported, "pooling over {} spatial axes: input {}",
          axes.spatial_rank(), x);
  ctx.set(0, dtype, windowed_shape(pool_window(ctx.attrs(), axes), axes, x, x[axes.channels()]));
}

void infer_global_pool(InferContext& ctx, DType dtype) {
  Shape out = ctx.shape(0);
  const ImageAxes axes(out, ctx.node);
  for (int i = 0; i < axes.spatial_rank(); ++i) out[axes.spatial(i)] = 1;
  ctx.set(0, dtype, out);
}

kernels::PoolGeometry pool_geometry(const ShapeContext& ctx) {
  const Shape& x = ctx.shape(0);
  const ImageAxes axes(x, ctx.node);
  const Window window = pool_window(ctx.attrs(), axes);
  kernels::PoolGeometry g = planes(axes, x);
  for (int i = 0; i < axes.spatial_rank(); ++i) {
    const int64_t input = x[axes.spatial(i)];
    const WindowAxis a = window.resolve(i, input);
    g.axes[3 - axes.spatial_rank() + i] = {
        input, window.output_size(i, input), a.kernel, a.stride, a.dilation, a.pad_begin, a.pad_end};
  }
  return g;
}

kernels::PoolGeometry global_pool_geometry(const ShapeContext& ctx) {
  const Shape& x = ctx.shape(0);
  const ImageAxes axes(x, ctx.node);
  kernels::PoolGeometry g = planes(axes, x);
  int64_t pixels = 1;
  for (int i = 0; i < axes.spatial_rank(); ++i) pixels *= x[axes.spatial(i)];
  g.axes[2].in = g.axes[2].kernel = pixels;
  return g;
}

}  // namespace octavo
