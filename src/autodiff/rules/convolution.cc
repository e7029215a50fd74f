// Gradients of convolutions, which are convolutions: by the image a transposed one with the same weights; by the weights
// one of the image with g as its kernel, batch and channels exchanged, and strides and dilations. (Dumoulin and Visin
// 2016, A guide to convolution arithmetic for deep learning.)
#include "autodiff/rule.h"
#include "ops/conv_layer.h"

namespace octavo {

namespace {

// A convolution from an image to an output as its axes and groups say: of a ConvTranspose, from its output to its input.
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
  // Elements that the windows of `windows` outputs take beyond an image of `image`, negative where some are left over.
  int64_t missing(int axis, int64_t windows, int64_t image) const {
    const WindowAxis& a = axes[axis];
    return (windows - 1) * a.stride + a.extent() - a.pad_begin - image;
  }

 private:
  template <class Of> std::vector<int64_t> each(Of of) const {
    std::vector<int64_t> values;
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

// dW[o][c][k] = Σ over images and outputs of g[n][o][p] · x[n][c][p·stride + k·dilation - pad]: the channels of a group
// are a batch of images, whose channels are the batch.
ValueId weight_gradient(Backward& b, const Geometry& geometry, ValueId x, ValueId g, const Shape& weights) {
  const Shape sx = b.shape(x);
  const int64_t batch = sx[0], groups = geometry.groups, channels = sx[1] / groups;
  Geometry exchanged = geometry;
  for (int i = 0; i < geometry.spatial; ++i) {
    WindowAxis& axis = exchanged.axes[i];
    std::swap(axis.stride, axis.dilation);
    axis.kernel = b.shape(g)[2 + i];
  }
  if (groups == 1) {
    x = b.swap_axes(x, 0, 1);
  } else {
    Dims split{batch, groups, channels}, order{2, 1, 0}, joined{channels, groups * batch};
    for (int i = 0; i < geometry.spatial; ++i) {
      split.push_back(sx[2 + i]);
      order.push_back(3 + i);
      joined.push_back(sx[2 + i]);
    }
    x = b.reshape(b.transpose(b.reshape(x, split), std::span<const int64_t>(order.begin(), order.size())),
                  joined);
  }
  const ValueId y = convolution(b, exchanged, x, b.swap_axes(g, 0, 1),
                                std::span<const int64_t>(weights.dims.begin() + 2, geometry.spatial));
  return b.swap_axes(y, 0, 1);
}

// Σ of g over all axes but that of channels.
ValueId bias_gradient(Backward& b, ValueId g) {
  std::vector<int64_t> axes;
  for (int axis = 0; axis < b.rank(g); ++axis)
    if (axis != 1) axes.push_back(axis);
  return b.sum(g, axes);
}

void conv(Backward& b) {
  const Shape image = b.shape(b.in(0)), weights = b.shape(b.in(1));
  const Geometry geometry = geometry_of(b, image, weights);
  const ValueId g = b.gradient();
  if (b.wants(0)) b.give(0, image_gradient(b, geometry, g, b.in(1), image));
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
