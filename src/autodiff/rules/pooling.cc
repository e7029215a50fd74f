// Gradients of pools: of an average each element of the window gets an equal part of g, of a maximum the (first)
// largest one gets all.
#include "autodiff/rule.h"
#include "ops/window.h"

namespace octavo {

namespace {

// g / n, where n is how many elements an output is the average of, which depends on padding: the average of ones tells.
ValueId divided(Backward& b, const Window& window, const Shape& x, const Shape& y) {
  Shape image = x;
  image[0] = image[1] = 1;
  Tensor ones(DType::f32, image);
  std::ranges::fill(ones.span<float>(), 1.0f);
  const Tensor inputs[] = {std::move(ones)};
  Tensor parts = Backward::evaluate("AveragePool", inputs, b.attrs());
  const std::span<float> part = parts.span<float>();
  for (int64_t o = 0; o < std::ssize(part); ++o) {
    int64_t inside = 1, rest = o;
    for (int i = x.rank() - 3; i >= 0; --i) {
      const WindowAxis a = window.resolve(i, x[2 + i]);
      const int64_t start = rest % y[2 + i] * a.stride - a.pad_begin;
      rest /= y[2 + i];
      int64_t taps = 0;
      for (int64_t tap = 0; tap < a.kernel; ++tap) {
        const int64_t at = start + tap * a.dilation;
        taps += at >= 0 && at < x[2 + i];
      }
      inside *= taps;
    }
    part[o] = inside > 0 ? part[o] / static_cast<float>(inside) : 0;
  }
  return b.add("Mul", {b.gradient(), b.constant(std::move(parts))});
}

void average_pool(Backward& b) {
  const Shape x = b.shape(b.in(0)), y = b.shape(b.out());
  const int spatial = x.rank() - 2;
  const Window window = read_window(b.attrs(), Dims(b.attrs().get_ints("kernel_shape")));
  const ValueId parts = divided(b, window, x, y);
  bool is_tiling = true;
  for (int i = 0; i < spatial; ++i) {
    const WindowAxis a = window.resolve(i, x[2 + i]);
    is_tiling &=
        a.stride == a.kernel && a.dilation == 1 && a.pad_begin == 0 && y[2 + i] * a.kernel == x[2 + i];
  }
  if (is_tiling) {
    Dims apart{x[0], x[1]}, repeated = apart;
    for (int i = 0; i < spatial; ++i) {
      for (int64_t size : {y[2 + i], int64_t{1}}) apart.push_back(size);
      for (int64_t size : {y[2 + i], window.axes[i].kernel}) repeated.push_back(size);
    }
    return b.give(0, b.reshape(b.expand(b.reshape(parts, apart), Shape(repeated)), x));
  }
  // A transposed convolution of each plane with a window of ones.
  Dims planes{x[0] * x[1], 1}, ones{1, 1};
  std::vector<int64_t> strides, dilations, pads, ends, more;
  for (int i = 0; i < spatial; ++i) {
    const WindowAxis a = window.resolve(i, x[2 + i]);
    const int64_t missing = (y[2 + i] - 1) * a.stride + a.extent() - a.pad_begin - x[2 + i];
    planes.push_back(y[2 + i]);
    ones.push_back(a.kernel);
    strides.push_back(a.stride);
    dilations.push_back(a.dilation);
    pads.push_back(a.pad_begin);
    ends.push_back(std::max<int64_t>(missing, 0));
    more.push_back(std::max<int64_t>(-missing, 0));
  }
  pads.insert(pads.end(), ends.begin(), ends.end());
  Tensor weights(DType::f32, Shape(ones));
  std::ranges::fill(weights.span<float>(), 1.0f);
  const ValueId image = b.add("ConvTranspose", {b.reshape(parts, planes), b.constant(std::move(weights))},
                              {{"strides", std::span(strides)},
                               {"dilations", std::span(dilations)},
                               {"pads", std::span(pads)},
                               {"output_padding", std::span(more)}});
  b.give(0, b.reshape(image, x));
}

void global_average_pool(Backward& b) {
  const Shape x = b.shape(b.in(0));
  b.bind("n", b.number(static_cast<double>(x.elements(2, x.rank()))));
  b.give(0, b.formula("g / n"));
}

void max_pool(Backward& b) { b.give(0, b.add("octavo.MaxPoolGradient", {b.in(0), b.gradient()}, b.attrs())); }

void global_max_pool(Backward& b) {
  const Shape x = b.shape(b.in(0)), planes{x[0], x[1], x.elements(2, x.rank())};
  const ValueId largest = b.add("ArgMax", {b.reshape(b.in(0), planes)}, {{"axis", int64_t{2}}});
  const ValueId image =
      b.add("ScatterElements", {b.zeros(planes), largest, b.reshape(b.gradient(), Shape{x[0], x[1], 1})},
            {{"axis", int64_t{2}}});
  b.give(0, b.reshape(image, x));
}

constexpr GradientRule kRules[] = {
    {.op = "AveragePool", .differentiate = average_pool},
    {.op = "GlobalAveragePool", .differentiate = global_average_pool},
    {.op = "MaxPool", .differentiate = max_pool},
    {.op = "GlobalMaxPool", .differentiate = global_max_pool},
};

}  // namespace

const GradientRules kPoolingRules = kRules;

}  // namespace octavo
