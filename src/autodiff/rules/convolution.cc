// Gradients of convolutions. By the image they are convolutions: a transposed one with the same weights or, where the
// stride is 1, one with the weights turned around (Dumoulin and Visin 2016, A guide to convolution arithmetic for deep
// learning). By the weights an operator of their own sums over outputs (ops/conv_weight_gradient.cc).
#include <algorithm>
#include <limits>

#include "autodiff/rule.h"
#include "ops/conv_layer.h"

namespace octavo {

namespace {

// A convolution from an image to an output as its axes and groups say: of a ConvTranspose, from its output to its
// input.
struct Geometry {
  int spatial;
  int64_t groups;
  WindowAxis axes[Window::kMaxSpatialRank];

  std::vector<int64_t> strides() const {
    return each([](const WindowAxis& a) { return a.stride; });
  }
  std::vector<int64_t> dilations() const {
    return each([](const WindowAxis& a) { return a.dilation; });
  }
  // Windows begin at neighbours.
  bool is_contiguous() const {
    return std::all_of(axes, axes + spatial, [](const WindowAxis& a) { return a.stride == 1; });
  }
  // Elements that the windows of `windows` outputs take beyond an image of `image`, negative where some are left over.
  int64_t missing(int axis, int64_t windows, int64_t image) const {
    const WindowAxis& a = axes[axis];
    return (windows - 1) * a.stride + a.extent() - a.pad_begin - image;
  }

 private:
  template <class Of> std::vector<int64_t> each(Of of) const {
    std::vector<int64_t> values;
    values.reserve(static_cast<std::size_t>(spatial));
    for (int i = 0; i < spatial; ++i) values.push_back(of(axes[i]));
    return values;
  }
};

Geometry geometry_of(const Backward& b, const Shape& image, const Shape& weights) {
  Geometry geometry{image.rank() - 2, group_count(b.attrs()), {}};
  const Window window = read_window(b.attrs(), kernel_sizes(b.attrs(), weights));
  for (int i = 0; i < geometry.spatial; ++i) geometry.axes[i] = window.resolve(i, image[2 + i]);
  return geometry;
}

// The image of which a convolution with `w` makes outputs, by their gradient g.
ValueId image_gradient(Backward& b, const Geometry& geometry, ValueId g, ValueId w, const Shape& image) {
  std::vector<int64_t> begin, end, more;
  for (int i = 0; i < geometry.spatial; ++i) {
    const int64_t missing = geometry.missing(i, b.shape(g)[2 + i], image[2 + i]);
    begin.push_back(geometry.axes[i].pad_begin);
    end.push_back(std::max<int64_t>(missing, 0));
    more.push_back(std::max<int64_t>(-missing, 0));
  }
  begin.insert(begin.end(), end.begin(), end.end());
  const std::vector<int64_t> strides = geometry.strides(), dilations = geometry.dilations();
  return b.add("ConvTranspose", {g, w},
               {{"group", geometry.groups},
                {"strides", std::span(strides)},
                {"dilations", std::span(dilations)},
                {"pads", std::span(begin)},
                {"output_padding", std::span(more)}});
}

// The same where windows begin at neighbours, of one group or a filter for each channel: a convolution of g by the
// weights backwards. Its kernels are faster than those of ConvTranspose, and gather a few windows at a time where that
// makes them all.
ValueId image_gradient_by_conv(Backward& b, const Geometry& geometry, ValueId g, ValueId w,
                               const Shape& image) {
  std::vector<int64_t> spatial, last, before_first, back, cuts, pads;
  for (int i = 0; i < geometry.spatial; ++i) {
    spatial.push_back(2 + i);
    last.push_back(-1);
    before_first.push_back(std::numeric_limits<int64_t>::min());
    back.push_back(-1);
  }
  for (const bool at_end : {false, true})
    for (int i = 0; i < geometry.spatial; ++i) {
      const WindowAxis& a = geometry.axes[i];
      const int64_t pad =
          at_end ? image[2 + i] - b.shape(g)[2 + i] + a.pad_begin : a.extent() - 1 - a.pad_begin;
      pads.push_back(std::max<int64_t>(pad, 0));
      cuts.push_back(std::min<int64_t>(pad, 0));
    }
  if (std::ranges::any_of(cuts, [](int64_t cut) { return cut < 0; }))
    g = b.add("Pad", {g, b.ints(cuts), kNoValue, b.ints(spatial)});
  if (b.shape(w).elements(2, b.rank(w)) > 1)
    w = b.add("Slice", {w, b.ints(last), b.ints(before_first), b.ints(spatial), b.ints(back)});
  if (geometry.groups == 1) w = b.swap_axes(w, 0, 1);
  const std::vector<int64_t> dilations = geometry.dilations();
  return b.add("Conv", {g, w},
               {{"group", geometry.groups}, {"dilations", std::span(dilations)}, {"pads", std::span(pads)}});
}

// Conv with padding at the ends such that there are `count` outputs along each axis; what is more is cut off.
ValueId convolution(Backward& b, const Geometry& geometry, ValueId x, ValueId w,
                    std::span<const int64_t> count) {
  std::vector<int64_t> begin, end;
  for (int i = 0; i < geometry.spatial; ++i) {
    begin.push_back(geometry.axes[i].pad_begin);
    end.push_back(std::max<int64_t>(geometry.missing(i, count[i], b.shape(x)[2 + i]), 0));
  }
  begin.insert(begin.end(), end.begin(), end.end());
  const std::vector<int64_t> strides = geometry.strides(), dilations = geometry.dilations();
  ValueId y = b.add("Conv", {x, w},
                    {{"group", geometry.groups},
                     {"strides", std::span(strides)},
                     {"dilations", std::span(dilations)},
                     {"pads", std::span(begin)}});
  for (int i = 0; i < geometry.spatial; ++i) y = b.slice(y, 2 + i, 0, count[i]);
  return y;
}

// The attributes of octavo.ConvWeightGradient and octavo.DepthwiseImageGradient.
Attrs gradient_attributes(const Geometry& geometry, std::span<const int64_t> kernel) {
  std::vector<int64_t> pads(static_cast<std::size_t>(2 * geometry.spatial));
  for (int i = 0; i < geometry.spatial; ++i) pads[static_cast<std::size_t>(i)] = geometry.axes[i].pad_begin;
  const std::vector<int64_t> strides = geometry.strides(), dilations = geometry.dilations();
  return attributes({{"group", geometry.groups},
                     {"kernel_shape", kernel},
                     {"strides", std::span(strides)},
                     {"dilations", std::span(dilations)},
                     {"pads", std::span(pads)}});
}

// The spatial axes of an image or of weights.
std::span<const int64_t> spatial_axes(const Shape& shape) {
  return {shape.dims.begin() + 2, static_cast<std::size_t>(shape.rank() - 2)};
}

ValueId depthwise_image_gradient(Backward& b, const Geometry& geometry, ValueId g, ValueId w,
                                 const Shape& image) {
  Attrs attributes = gradient_attributes(geometry, spatial_axes(b.shape(w)));
  const std::span<const int64_t> sizes = spatial_axes(image);
  attributes.set("image", std::vector<int64_t>(sizes.begin(), sizes.end()));
  return b.add("octavo.DepthwiseImageGradient", {g, w}, std::move(attributes));
}

// dW[o][c][k] = Σ over images and outputs of g[n][o][p] · x[n][c][p·stride + k·dilation - pad].
ValueId weight_gradient(Backward& b, const Geometry& geometry, ValueId x, ValueId g, const Shape& weights) {
  return b.add("octavo.ConvWeightGradient", {g, x}, gradient_attributes(geometry, spatial_axes(weights)));
}

// Sums over all but the channels, which are last where the convolution computes.
ValueId bias_gradient(Backward& b, ValueId g) {
  std::vector<int64_t> to_last = all_axes_but(b.rank(g), 1);
  to_last.push_back(1);
  g = b.transpose(g, std::span<const int64_t>(to_last));
  return b.sum(g, all_axes_but(b.rank(g), b.rank(g) - 1));
}

void conv(Backward& b) {
  const Shape image = b.shape(b.in(0)), weights = b.shape(b.in(1));
  const Geometry geometry = geometry_of(b, image, weights);
  const ValueId g = b.gradient();
  const bool is_depthwise = geometry.groups > 1 && geometry.groups == weights[0] && weights[1] == 1;
  const bool is_flat_depthwise = is_depthwise && geometry.spatial < 3;
  // Of few channels the columns of tiles are filled by the taps, as ConvTranspose has them.
  constexpr int64_t kFewChannels = 4;
  const bool is_dense = geometry.groups == 1 && weights[1] >= kFewChannels;
  const auto make = geometry.is_contiguous() && (is_dense || is_flat_depthwise) ? image_gradient_by_conv
                    : is_flat_depthwise                                         ? depthwise_image_gradient
                                                                                : image_gradient;
  if (b.wants(0)) b.give(0, make(b, geometry, g, b.in(1), image));
  if (b.wants(1)) b.give(1, weight_gradient(b, geometry, b.in(0), g, weights));
  if (b.wants(2)) b.give(2, bias_gradient(b, g));
}

// The image is y here. Where output_shape or auto_pad say how large it is, padding follows (ONNX ConvTranspose).
void conv_transpose(Backward& b) {
  const Shape x = b.shape(b.in(0)), weights = b.shape(b.in(1)), image = b.shape(b.out());
  const Window window = read_window(b.attrs(), kernel_sizes(b.attrs(), weights));
  Geometry geometry{image.rank() - 2, group_count(b.attrs()), {}};
  const bool is_upper = window.auto_pad == Window::AutoPad::same_upper;
  const bool follows =
      is_upper || window.auto_pad == Window::AutoPad::same_lower || b.attrs().has("output_shape");
  const std::span<const int64_t> more = b.attrs().get_ints("output_padding");
  for (int i = 0; i < geometry.spatial; ++i) {
    WindowAxis& axis = geometry.axes[i] = window.axes[i];
    if (!follows) continue;
    axis.pad_begin = 0;
    const int64_t total =
        std::max<int64_t>(geometry.missing(i, x[2 + i], image[2 + i]) + (more.empty() ? 0 : more[i]), 0);
    axis.pad_begin = is_upper ? total / 2 : total - total / 2;
  }
  const ValueId g = b.gradient();
  if (b.wants(0))
    b.give(0, convolution(b, geometry, g, b.in(1),
                          std::span<const int64_t>(x.dims.begin() + 2, geometry.spatial)));
  if (b.wants(1)) b.give(1, weight_gradient(b, geometry, g, b.in(0), weights));
  if (b.wants(2)) b.give(2, bias_gradient(b, g));
}

constexpr GradientRule kRules[] = {{.op = "Conv", .differentiate = conv},
                                   {.op = "ConvTranspose", .differentiate = conv_transpose}};

}  // namespace

const GradientRules kConvolutionRules = kRules;

}  // namespace octavo
