// Gradients of convolutions, which are convolutions: by the image a transposed one with the same weights; by the
// weights one of the image with g as its kernel, batch and channels exchanged, and strides and dilations. (Dumoulin
// and Visin 2016, A guide to convolution arithmetic for deep learning.)
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
  // Each output is of one pixel, the one in its place.
  bool is_pointwise() const {
    return std::all_of(axes, axes + spatial, [](const WindowAxis& a) {
      return a.kernel == 1 && a.stride == 1 && a.pad_begin == 0 && a.pad_end == 0;
    });
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
  if (geometry.groups == 1 && geometry.is_pointwise()) return b.add("Conv", {g, b.swap_axes(w, 0, 1)});
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

// The same with a filter for each channel, whose kernels are much faster than those of ConvTranspose: g, with zeros
// between its elements where the stride is not 1, by the weights backwards.
ValueId depthwise_image_gradient(Backward& b, const Geometry& geometry, ValueId g, ValueId w,
                                 const Shape& image) {
  const Shape outputs = b.shape(g);
  std::vector<int64_t> spatial, last, before_first, back, zeros, zero_axes, cuts, pads;
  Dims apart{outputs[0], outputs[1]}, joined = apart;
  for (int i = 0; i < geometry.spatial; ++i) {
    const WindowAxis& a = geometry.axes[i];
    spatial.push_back(2 + i);
    last.push_back(-1);
    before_first.push_back(std::numeric_limits<int64_t>::min());
    back.push_back(-1);
    for (int64_t size : {outputs[2 + i], int64_t{1}}) apart.push_back(size);
    joined.push_back(outputs[2 + i] * a.stride);
    zeros.push_back(a.stride - 1);
    zero_axes.push_back(3 + 2 * i);
  }
  if (std::ranges::any_of(zeros, [](int64_t count) { return count > 0; })) {
    zeros.insert(zeros.begin(), zeros.size(), 0);
    g = b.add("Pad", {b.reshape(g, apart), b.ints(zeros), kNoValue, b.ints(zero_axes)});
    g = b.reshape(g, joined);
  }
  for (const bool at_end : {false, true})
    for (int i = 0; i < geometry.spatial; ++i) {
      const WindowAxis& a = geometry.axes[i];
      const int64_t pad = at_end ? image[2 + i] - joined[2 + i] + a.pad_begin : a.extent() - 1 - a.pad_begin;
      pads.push_back(std::max<int64_t>(pad, 0));
      cuts.push_back(std::min<int64_t>(pad, 0));
    }
  if (std::ranges::any_of(cuts, [](int64_t cut) { return cut < 0; }))
    g = b.add("Pad", {g, b.ints(cuts), kNoValue, b.ints(spatial)});
  w = b.add("Slice", {w, b.ints(last), b.ints(before_first), b.ints(spatial), b.ints(back)});
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
  const std::span<const int64_t> kernel(weights.dims.begin() + 2, geometry.spatial);
  if (channels == 1 && weights[0] == groups && weights[1] == 1) {
    // One filter for each channel: all images are one, of which each channel has a g of its own.
    Dims image = sx.dims, filters = b.shape(g).dims, parts = weights.dims;
    image[0] = filters[1] = 1;
    image[1] = filters[0] = exchanged.groups = batch * groups;
    parts[0] = batch;
    parts[1] = groups;
    const ValueId y = convolution(b, exchanged, b.reshape(x, image), b.reshape(g, filters), kernel);
    const int64_t axes[] = {0};
    return b.reshape(b.sum(b.reshape(y, parts), axes), weights);
  }
  if (groups == 1 && geometry.is_pointwise()) {  // a product of matrices [channels, pixels of all images]
    const auto rows = [&](ValueId image) {
      const Shape s = b.shape(image);
      return b.reshape(b.swap_axes(image, 0, 1), Shape{s[1], s.elements() / s[1]});
    };
    return b.reshape(b.add("Gemm", {rows(g), rows(x)}, {{"transB", int64_t{1}}}), weights);
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
  const ValueId y = convolution(b, exchanged, x, b.swap_axes(g, 0, 1), kernel);
  return b.swap_axes(y, 0, 1);
}

void conv(Backward& b) {
  const Shape image = b.shape(b.in(0)), weights = b.shape(b.in(1));
  const Geometry geometry = geometry_of(b, image, weights);
  const ValueId g = b.gradient();
  const bool is_depthwise = geometry.groups > 1 && geometry.groups == weights[0] && weights[1] == 1;
  if (b.wants(0))
    b.give(0, is_depthwise && geometry.spatial < 3 ? depthwise_image_gradient(b, geometry, g, b.in(1), image)
                                                   : image_gradient(b, geometry, g, b.in(1), image));
  if (b.wants(1)) b.give(1, weight_gradient(b, geometry, b.in(0), g, weights));
  if (b.wants(2)) b.give(2, b.sum(g, all_axes_but(b.rank(g), 1)));
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
  if (b.wants(2)) b.give(2, b.sum(g, all_axes_but(b.rank(g), 1)));
}

constexpr GradientRule kRules[] = {{.op = "Conv", .differentiate = conv},
                                   {.op = "ConvTranspose", .differentiate = conv_transpose}};

}  // namespace

const GradientRules kConvolutionRules = kRules;

}  // namespace octavo
