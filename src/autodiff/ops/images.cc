#include "autodiff/ops/images.h"

#include "ops/conv_layer.h"
#include "ops/window.h"

namespace octavo {

bool permute_images(Graph&, Node& node, std::span<const int> permutation) {
  bool is_last = !node.lowered.channels_last && permutation[0] == 0 && permutation.back() == 1;
  for (std::size_t i = 1; i + 1 < permutation.size(); ++i)
    is_last &= permutation[i] == static_cast<int>(i) + 1;
  node.lowered.channels_last |= is_last;
  return is_last;
}

kernels::ConvGeometry gradient_geometry(const Node& node, const Shape& dy, const Shape& x) {
  const ImageAxes axes(x, node);
  const Window window = read_window(node.attrs, Dims(node.attrs.get_ints("kernel_shape")));
  const auto to_int = [](int64_t i) { return static_cast<int>(i); };
  kernels::ConvGeometry g;
  g.n = to_int(x[0]);
  g.c = to_int(x[axes.channels()]);
  g.oc = to_int(dy[axes.channels()]);
  g.groups = to_int(group_count(node.attrs));
  g.is_volume = axes.spatial_rank() == 3;
  int* const fields[3][6] = {{&g.d, &g.od, &g.kd, &g.stride_d, &g.dilation_d, &g.pad_front},
                             {&g.h, &g.oh, &g.kh, &g.stride_h, &g.dilation_h, &g.pad_top},
                             {&g.w, &g.ow, &g.kw, &g.stride_w, &g.dilation_w, &g.pad_left}};
  for (int i = 0; i < axes.spatial_rank(); ++i) {
    const WindowAxis& a = window.axes[static_cast<std::size_t>(i)];
    const int64_t values[] = {x[axes.spatial(i)], dy[axes.spatial(i)], a.kernel,
                              a.stride,           a.dilation,          a.pad_begin};
    for (std::size_t k = 0; k < std::size(values); ++k)
      *fields[3 - axes.spatial_rank() + i][k] = to_int(values[k]);
  }
  return g;
}

}  // namespace octavo
