#include "ops/window.h"

#include <algorithm>

#include "base/error.h"

namespace octavo {

namespace {

// Far beyond any real window, small enough that the elements of a 3-D window can be counted in 64 bits.
constexpr int64_t kMaxWindow = 1 << 20;
// From the first tap of an axis to the last.
constexpr int64_t kMaxExtent = 1 << 29;

// The list attribute `name`, or `count` times `fallback`.
Dims read_list(const Attrs& attrs, Name name, std::size_t count, int64_t fallback, int64_t smallest) {
  const std::span<const int64_t> values = attrs.get_ints(name);
  if (values.empty()) return Dims(count, fallback);
  require(values.size() == count, ErrorCode::invalid_graph,
          "attribute '{}' has {} values where {} are needed", name, values.size(), count);
  for (int64_t value : values)
    require(value >= smallest && value <= kMaxWindow, ErrorCode::invalid_graph,
            "attribute '{}' has the value {}, which is out of range", name, value);
  return Dims(values);
}

Window::AutoPad read_auto_pad(const Attrs& attrs) {
  const std::string_view name = attrs.get_string("auto_pad", "NOTSET");
  if (name == "SAME_UPPER") return Window::AutoPad::same_upper;
  if (name == "SAME_LOWER") return Window::AutoPad::same_lower;
  if (name == "VALID") return Window::AutoPad::valid;
  require(name == "NOTSET" || name.empty(), ErrorCode::invalid_graph, "unknown auto_pad '{}'", name);
  return Window::AutoPad::not_set;
}

}  // namespace

Window read_window(const Attrs& attrs, const Dims& kernel) {
  const std::size_t rank = kernel.size();
  Window window;
  window.auto_pad = read_auto_pad(attrs);
  window.ceil_mode = attrs.get_int("ceil_mode", 0) != 0;
  const auto strides = read_list(attrs, "strides", rank, 1, 1);
  const auto dilations = read_list(attrs, "dilations", rank, 1, 1);
  auto pads = read_list(attrs, "pads", 2 * rank, 0, 0);
  if (window.auto_pad != Window::AutoPad::not_set) pads.assign(2 * rank, 0);
  for (std::size_t i = 0; i < rank; ++i) {
    require(kernel[i] == kDynamic || (kernel[i] >= 1 && kernel[i] <= kMaxWindow), ErrorCode::invalid_graph,
            "a kernel size of {} is out of range", kernel[i]);
    window.axes[i] = {kernel[i], strides[i], dilations[i], pads[i], pads[rank + i]};
    require(window.axes[i].extent() <= kMaxExtent, ErrorCode::invalid_graph,
            "a window of {} with dilation {} is out of range", kernel[i], dilations[i]);
  }
  return window;
}

int64_t Window::output_size(int axis, int64_t input) const {
  const WindowAxis& a = axes[axis];
  if (input == kDynamic || a.kernel == kDynamic) return kDynamic;
  if (auto_pad == AutoPad::same_upper || auto_pad == AutoPad::same_lower)
    return (input + a.stride - 1) / a.stride;
  const int64_t room = input + a.pad_begin + a.pad_end - a.extent();
  require(room >= 0, ErrorCode::invalid_graph,
          "a window of {} with dilation {} does not fit into an input of {} with padding {} and {}", a.kernel,
          a.dilation, input, a.pad_begin, a.pad_end);
  if (!ceil_mode || auto_pad == AutoPad::valid) return room / a.stride + 1;
  const int64_t size = (room + a.stride - 1) / a.stride + 1;
  return (size - 1) * a.stride >= input + a.pad_begin ? size - 1 : size;
}

WindowAxis Window::resolve(int axis, int64_t input) const {
  WindowAxis a = axes[axis];
  if (auto_pad == AutoPad::same_upper || auto_pad == AutoPad::same_lower) {
    const int64_t total =
        std::max<int64_t>((output_size(axis, input) - 1) * a.stride + a.extent() - input, 0);
    const int64_t less = total / 2;
    a.pad_begin = auto_pad == AutoPad::same_upper ? less : total - less;
    a.pad_end = total - a.pad_begin;
  }
  return a;
}

ImageAxes::ImageAxes(const Shape& shape, const Node& node)
    : rank(shape.rank()), channels_last(node.lowered.channels_last) {
  require(rank >= 3, ErrorCode::invalid_graph,
          "input {} is not an image: batch, channels and at least one spatial axis are needed", shape);
}

Shape windowed_shape(const Window& window, const ImageAxes& axes, const Shape& input, int64_t channels) {
  Shape out = input;
  out[axes.channels()] = channels;
  for (int i = 0; i < axes.spatial_rank(); ++i)
    out[axes.spatial(i)] = window.output_size(i, input[axes.spatial(i)]);
  return out;
}

}  // namespace octavo
