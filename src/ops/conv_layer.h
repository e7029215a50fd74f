// What float and integer convolutions have in common: shapes, geometry and the order of channels.
#pragma once

#include "graph/op_def.h"
#include "kernels/conv/geometry.h"
#include "ops/channel_order.h"
#include "ops/scratch.h"
#include "ops/window.h"

namespace octavo {

// What convolutions of floats and of integers read.
inline constexpr auto kConvAttributes = joined(kWindowAttributes, {{"group", AttrKind::integer}});

// Input 0 is x [n, c, ((d,) h,) w], or [n, ((d,) h,) w, c] where the node is lowered to channels_last; input 1 is w
// [oc, c/group, ((kd,) kh,) kw]; input 2, optional, is a bias [oc]. Sets output 0 to `dtype`. Throws
// Error(invalid_graph) naming the shapes that do not fit together, Error(unsupported) for more than three spatial axes.
void infer_conv(InferContext& ctx, DType dtype);

// The attribute "group". Throws Error(invalid_graph) for less than one.
int64_t group_count(const Attrs& attrs);
// The kernel sizes: dimensions of w from the third on, or kernel_shape where those are dynamic.
Dims kernel_sizes(const Attrs& attrs, const Shape& w);

// The geometry of a node with x and w as inputs 0 and 1. A 1-D convolution has h = kh = 1.
kernels::ConvGeometry conv_geometry(const ShapeContext& ctx);

// The part that packing needs: channels, kernel and groups. Image sizes are 1.
kernels::ConvGeometry conv_weight_geometry(const Attrs& attrs, const Shape& w);

// One filter for each channel of an image, which is what the dwconv kernels compute.
inline bool is_depthwise(const kernels::ConvGeometry& g) {
  return !g.is_volume && g.groups > 1 && g.groups == g.c && g.groups == g.oc;
}

// OpDef::macs of such a node.
int64_t conv_macs(const ShapeContext& ctx);

inline std::size_t pixel_count(const kernels::ConvGeometry& g) { return std::size_t(g.n) * g.d * g.h * g.w; }
inline std::size_t input_elements(const kernels::ConvGeometry& g) { return pixel_count(g) * g.c; }
inline std::size_t output_elements(const kernels::ConvGeometry& g) {
  return std::size_t(g.positions()) * g.oc;
}

// Workspace for images that have to be turned to channels-last and back.
template <class In, class Out> uint64_t reorder_bytes(const Node& node, const kernels::ConvGeometry& g) {
  if (node.lowered.channels_last) return 0;
  return scratch_bytes<In>(input_elements(g)) + scratch_bytes<Out>(output_elements(g));
}

// Calls compute(in, out) with channels-last images: those of the node, or copies in `scratch`.
template <class In, class Out, class Compute>
void with_channels_last(const Node& node, const kernels::ConvGeometry& g, const In* in, Out* out,
                        Scratch& scratch, Compute compute) {
  if (node.lowered.channels_last) return compute(in, out);
  In* const ordered_in = scratch.take<In>(input_elements(g));
  Out* const ordered_out = scratch.take<Out>(output_elements(g));
  to_channels_last(in, ordered_in, g.n, g.c, int64_t(g.d) * g.h * g.w);
  compute(static_cast<const In*>(ordered_in), ordered_out);
  to_channels_first(ordered_out, out, g.n, g.oc, int64_t(g.od) * g.oh * g.ow);
}

}  // namespace octavo
