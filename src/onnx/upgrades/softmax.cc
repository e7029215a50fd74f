// Softmax, LogSoftmax and Hardmax of old.
#include "base/error.h"
#include "onnx/upgrade.h"

namespace octavo::onnx {

namespace {

// Before opset 13: over all axes from `axis` on at once, that is
// y = Reshape(Softmax(Flatten(x, axis), axis = -1), Shape(x)). The same as today's for the last axis.
void softmax(Draft& draft, DraftNode& draft_node) {
  Node& node = draft_node.node;
  if (draft.opset >= 13 || !node.has_input(0) || node.outputs.empty()) return;
  const int64_t axis = node.attrs.get_int("axis", 1);
  node.attrs.set("axis", int64_t{-1});
  const ValueId x = node.inputs[0], y = node.outputs[0];
  const auto& shape = draft.graph[x].shape || y == kNoValue ? draft.graph[x].shape : draft.graph[y].shape;
  if (axis == -1 || (shape && axis == shape->rank() - 1)) return;

  const auto dtype = draft.graph[x].dtype;
  node.inputs[0] = draft.add_value(text("{}_flat", node.name), dtype);
  node.outputs[0] = draft.add_value(text("{}_softmax", node.name), dtype);
  const ValueId dims = draft.add_value(text("{}_shape", node.name), DType::s64);
  Attrs flatten, reshape;
  flatten.set("axis", axis);
  reshape.set("allowzero", int64_t{1});
  draft.add_node("Flatten", node.name, {x}, node.inputs[0], std::move(flatten));
  draft.add_node("Shape", node.name, {x}, dims);
  draft.add_node("Reshape", node.name, {node.outputs[0], dims}, y, std::move(reshape));
}

constexpr Upgrade kRows[] = {{"Hardmax", softmax}, {"LogSoftmax", softmax}, {"Softmax", softmax}};

const RegisterUpgrades registered(kRows);

}  // namespace

}  // namespace octavo::onnx
