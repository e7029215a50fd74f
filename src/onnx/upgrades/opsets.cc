// Forms of older opsets: attributes that became inputs, and what went.
#include <algorithm>

#include "base/error.h"
#include "onnx/data_type.h"
#include "onnx/upgrade.h"

namespace octavo::onnx {

namespace {

// Opset 24 added how a cast to a type of 8-bit powers of two rounds. 16-bit floats are float32 inside of a graph.
void cast(Draft&, DraftNode& draft_node) {
  Attrs& attrs = draft_node.node.attrs;
  attrs.erase("round_mode");
  attrs.set("to", computed_type(attrs.get_int("to", 0)));
}

void clip(Draft& draft, DraftNode& node) {
  move_attr_to_input(draft, node, "min", 1, 11);
  move_attr_to_input(draft, node, "max", 2, 11);
}

// Only training drops anything out: Dropout is the identity, and remains only where its mask is read. Since opset 12
// the ratio and the mode are inputs, since opset 10 the mask is of booleans.
void dropout(Draft& draft, DraftNode& draft_node) {
  Node& node = draft_node.node;
  const bool has_mask = node.outputs.size() > 1;
  require(!has_mask || draft.opset >= 10, ErrorCode::unsupported,
          "the mask output is not supported before opset 10");
  if (node.has_input(2)) {
    const Tensor* mode = draft.graph.constant_input(node, 2);
    const bool is_off = mode != nullptr && mode->dtype() == DType::boolean && mode->shape().elements() == 1 &&
                        mode->span<uint8_t>()[0] == 0;
    require(is_off, ErrorCode::unsupported, "training_mode is not constantly false");
  }
  if (!has_mask) draft_node.op_type = "Identity";
  node.inputs.resize(std::min<std::size_t>(node.inputs.size(), 1));
  for (std::string_view name : {"ratio", "seed"}) node.attrs.erase(name);
}

void pad(Draft& draft, DraftNode& node) {
  move_attr_to_input(draft, node, "pads", 1, 11);
  move_attr_to_input(draft, node, "value", 2, 11);
}

// Opset 23 added the precision of the division, which matters only where scales are 16-bit floats.
void quantize_linear(Draft&, DraftNode& draft_node) {
  Attrs& attrs = draft_node.node.attrs;
  const int64_t precision = attrs.get_int("precision", 0);
  if (precision != 0) dtype_of_data_type(precision, "attribute 'precision'");
  attrs.erase("precision");
}

// Opset 23 added the type of the output, float32 of old.
void dequantize_linear(Draft&, DraftNode& draft_node) {
  Attrs& attrs = draft_node.node.attrs;
  const int64_t type = computed_type(attrs.get_int("output_dtype", 0));
  require(type == 0 || type == data_type_of(DType::f32), ErrorCode::unsupported, "output_dtype ", type,
          " is not supported");
  attrs.erase("output_dtype");
}

void slice(Draft& draft, DraftNode& node) {
  move_attr_to_input(draft, node, "starts", 1, 10);
  move_attr_to_input(draft, node, "ends", 2, 10);
  move_attr_to_input(draft, node, "axes", 3, 10);
}

void squeeze(Draft& draft, DraftNode& node) { move_attr_to_input(draft, node, "axes", 1, 13); }

// What is in no table has had one form since opset kOldestOpset, but for attributes and types added with defaults.
constexpr Upgrade kRows[] = {
    {"Cast", cast},
    {"Clip", clip},
    {"DequantizeLinear", dequantize_linear},
    {"Dropout", dropout},
    {"Pad", pad},
    {"QuantizeLinear", quantize_linear},
    {"Slice", slice},
    {"Squeeze", squeeze},
    {"Unsqueeze", squeeze},
};

const RegisterUpgrades registered(kRows);

}  // namespace

}  // namespace octavo::onnx
