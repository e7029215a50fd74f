// The sliding window of convolution and pooling: attributes, output sizes and padding as ONNX defines them.
#pragma once

#include <array>
#include <cstdint>

#include "graph/graph.h"
#include "tensor/shape.h"

namespace octavo {

// What read_window reads, and the kernel_shape that goes with it.
inline constexpr AttrDef kWindowAttributes[] = {{"auto_pad", AttrKind::string},
                                                {"dilations", AttrKind::integers},
                                                {"kernel_shape", AttrKind::integers},
                                                {"pads", AttrKind::integers},
                                                {"strides", AttrKind::integers}};

// How the window moves along one spatial axis. `pad_begin` and `pad_end` are in elements of the input.
struct WindowAxis {
  int64_t kernel = 1;
  int64_t stride = 1;
  int64_t dilation = 1;
  int64_t pad_begin = 0;
  int64_t pad_end = 0;

  // Input elements from the first to the last tap.
  int64_t extent() const { return (kernel - 1) * dilation + 1; }
};

// At most three spatial axes, which callers make sure of.
struct Window {
  static constexpr int kMaxSpatialRank = 3;
  enum class AutoPad : uint8_t { not_set, same_upper, same_lower, valid };

  std::array<WindowAxis, kMaxSpatialRank> axes;
  AutoPad auto_pad = AutoPad::not_set;
  bool ceil_mode = false;

  // Outputs along `axis` for `input` elements; kDynamic for a dynamic input or kernel. With ceil_mode the last window
  // starts inside of the input or its padding at the beginning. Throws Error(invalid_graph) when no window fits.
  int64_t output_size(int axis, int64_t input) const;
  // The axis with the padding that auto_pad asks for spelt out.
  WindowAxis resolve(int axis, int64_t input) const;
};

// Reads strides, dilations, pads, auto_pad and ceil_mode for a window of the given kernel sizes, which may be kDynamic.
// Throws Error(invalid_graph) for lists of the wrong length and for sizes that make no sense.
Window read_window(const Attrs& attrs, const Dims& kernel);

// Where batch, channels and space are in the shape of an image: N C … or, lowered to channels_last, N … C.
struct ImageAxes {
  int rank;
  bool channels_last;

  ImageAxes(const Shape& shape, const Node& node);
  int channels() const { return channels_last ? rank - 1 : 1; }
  int spatial(int i) const { return channels_last ? 1 + i : 2 + i; }
  int spatial_rank() const { return rank - 2; }
};

// The shape of the window's outputs over an image of shape `input`, with `channels` channels.
Shape windowed_shape(const Window& window, const ImageAxes& axes, const Shape& input, int64_t channels);

}  // namespace octavo
