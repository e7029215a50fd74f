// Resize and GridSample of old, and Upsample, which Resize took the place of.
#include <algorithm>

#include "base/error.h"
#include "onnx/upgrade.h"

namespace octavo::onnx {

namespace {

// Opsets 11 and 12 had another way to half pixels, half of an input's off: rounded down it is today's rounded to the
// nearest, and rounded to the nearest today's rounded up.
void half_pixels(Attrs& attrs) {
  if (attrs.get_string("coordinate_transformation_mode", "") != "tf_half_pixel_for_nn") return;
  const std::string_view rounding = attrs.get_string("nearest_mode", "round_prefer_floor");
  require(rounding == "floor" || rounding == "round_prefer_floor", ErrorCode::unsupported,
          "tf_half_pixel_for_nn rounded otherwise than down or to the nearest is not supported");
  attrs.set("nearest_mode", rounding == "floor" ? "round_prefer_ceil" : "ceil");
  attrs.set("coordinate_transformation_mode", "half_pixel");
}

// Before opset 11 scales are input 1, and output x is that of input x / scale: of the nearest ones the one before it
// or, along axes that shrink, the one behind it, as ONNX's tests of opset 10 have it. Scales or the shapes that the
// file states tell which; where there are neither, axes grow.
void resize(Draft& draft, DraftNode& draft_node) {
  Node& node = draft_node.node;
  if (draft.opset >= 11) return half_pixels(node.attrs);
  bool shrinks = false, grows = false;
  const auto see = [&](auto from, auto to) {
    shrinks |= to < from;
    grows |= to > from;
  };
  const Tensor* const scales = node.has_input(1) ? draft.graph.constant_input(node, 1) : nullptr;
  if (scales != nullptr && scales->dtype() == DType::f32) {
    for (float scale : scales->span<float>()) see(1.0f, scale);
  } else if (node.has_input(0) && !node.outputs.empty() && node.outputs[0] != kNoValue) {
    const auto &x = draft.graph[node.inputs[0]].shape, &y = draft.graph[node.outputs[0]].shape;
    for (int axis = 0; x && y && x->rank() == y->rank() && axis < x->rank(); ++axis)
      if ((*x)[axis] != kDynamic && (*y)[axis] != kDynamic) see((*x)[axis], (*y)[axis]);
  }
  const bool is_nearest = node.attrs.get_string("mode", "nearest") == "nearest";
  require(!is_nearest || !shrinks || !grows, ErrorCode::unsupported,
          "growing and shrinking at once is not supported before opset 11");
  node.inputs.insert(node.inputs.begin() + std::min<std::ptrdiff_t>(std::ssize(node.inputs), 1), kNoValue);
  node.attrs.set("coordinate_transformation_mode", "asymmetric");
  node.attrs.set("nearest_mode", shrinks ? "ceil" : "floor");
}

// Before opset 9 the scales were an attribute.
void upsample(Draft& draft, DraftNode& draft_node) {
  require(draft.opset < 10, ErrorCode::invalid_graph, "Upsample is gone since opset 10");
  move_attr_to_input(draft, draft_node, "scales", 1, 9);
  resize(draft, draft_node);
  draft_node.op_type = "Resize";
}

// Opset 20 renamed the modes, as images may have any number of axes.
void grid_sample(Draft& draft, DraftNode& draft_node) {
  if (draft.opset >= 20) return;
  Attrs& attrs = draft_node.node.attrs;
  const std::string_view mode = attrs.get_string("mode", "bilinear");
  if (mode == "bilinear") attrs.set("mode", "linear");
  if (mode == "bicubic") attrs.set("mode", "cubic");
}

// Before opset 16 there were no half pixels.
void roi_align(Draft& draft, DraftNode& node) {
  if (draft.opset < 16)
    node.node.attrs.set("coordinate_transformation_mode", std::string("output_half_pixel"));
}

constexpr Upgrade kRows[] = {
    {"GridSample", grid_sample},
    {"Resize", resize},
    {"RoiAlign", roi_align},
    {"Upsample", upsample, 7},
};

const RegisterUpgrades registered(kRows);

}  // namespace

}  // namespace octavo::onnx
