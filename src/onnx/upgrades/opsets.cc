// Forms of older opsets: attributes that became inputs, and what went.
#include <algorithm>

#include "base/error.h"
#include "onnx/data_type.h"
#include "onnx/upgrade.h"

namespace octavo::onnx {

namespace {

// Cast to integers of 4 bits, which wrap around: ((x + 8) & 15) - 8 for the signed ones.
void cast_to_nibble(Draft& draft, Node& node, int64_t type) {
  const auto number = [&](int32_t value) {
    return draft.add_constant(text("{}_bits", node.name), Tensor::scalar(value));
  };
  Attrs to_int32;
  to_int32.set("to", int64_t{data_type_of(DType::s32)});
  ValueId x = draft.add_node("Cast", node.name, {node.inputs[0]}, std::move(to_int32));
  const bool is_signed = type == kInt4;
  if (is_signed) x = draft.add_node("Add", node.name, {x, number(8)});
  x = draft.add_node("BitwiseAnd", node.name, {x, number(15)});
  if (is_signed) x = draft.add_node("Sub", node.name, {x, number(8)});
  node.inputs[0] = x;
}

// Opset 24 added how a cast to a type of 8-bit powers of two rounds. 16-bit floats are float32 inside of a graph.
void cast(Draft& draft, DraftNode& draft_node) {
  Attrs& attrs = draft_node.node.attrs;
  attrs.erase("round_mode");
  const int64_t type = attrs.get_int("to", 0);
  if (is_nibble(type) && draft_node.node.has_input(0)) cast_to_nibble(draft, draft_node.node, type);
  attrs.set("to", computed_type(type));
}

void cast_like(Draft& draft, DraftNode& draft_node) {
  Node& node = draft_node.node;
  node.attrs.erase("round_mode");
  if (!node.has_input(0) || !node.has_input(1)) return;
  const auto nibble = draft.nibbles.find(node.inputs[1]);
  if (nibble != draft.nibbles.end()) cast_to_nibble(draft, node, nibble->second);
}

// Before opset 4 the axis had a default.
void concat(Draft& draft, DraftNode& node) {
  if (draft.opset < 4 && !node.node.attrs.has("axis")) node.node.attrs.set("axis", int64_t{1});
}

void clip(Draft& draft, DraftNode& node) {
  move_attr_to_input(draft, node, "min", 1, 11);
  move_attr_to_input(draft, node, "max", 2, 11);
}

// Only training drops anything out: what remains is a Dropout without ratio, which passes go over. Since opset 12
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
    // In training a ratio of 0 keeps everything, too.
    const Tensor* ratio = draft.graph.constant_input(node, 1);
    const bool keeps_all = ratio != nullptr && ratio->dtype() == DType::f32 &&
                           ratio->shape().elements() == 1 && ratio->span<float>()[0] == 0;
    require(is_off || keeps_all, ErrorCode::unsupported, "training_mode is not constantly false");
  }
  node.inputs.resize(std::min<std::size_t>(node.inputs.size(), 1));
  for (Name name : {"ratio", "seed"}) node.attrs.erase(name);
}

void pad(Draft& draft, DraftNode& node) {
  move_attr_to_input(draft, node, "pads", 1, 11);
  move_attr_to_input(draft, node, "value", 2, 11);
}

void note_nibbles(QuantizationNotes& notes, int64_t type) {
  notes.qmin = type == kInt4 ? -8 : 0;
  notes.qmax = type == kInt4 ? 7 : 15;
}

// Opset 23 added the precision of the division, which matters only where scales are 16-bit floats. Integers of 4 bits
// are a range of integers of 8.
void quantize_linear(Draft& draft, DraftNode& draft_node) {
  Node& node = draft_node.node;
  const int64_t precision = node.attrs.get_int("precision", 0);
  if (precision != 0) dtype_of_data_type(precision, "attribute 'precision'");
  node.attrs.erase("precision");
  int64_t type = node.attrs.get_int("output_dtype", 0);
  if (node.has_input(2))
    if (const auto nibble = draft.nibbles.find(node.inputs[2]); nibble != draft.nibbles.end())
      type = nibble->second;
  if (!is_nibble(type)) return;
  note_nibbles(node.notes, type);
  if (node.attrs.has("output_dtype")) node.attrs.set("output_dtype", computed_type(type));
}

// Opset 23 added the type of the output, float32 of old.
void dequantize_linear(Draft& draft, DraftNode& draft_node) {
  Attrs& attrs = draft_node.node.attrs;
  QuantizationNotes& notes = draft_node.node.notes;
  const auto nibble =
      draft_node.node.has_input(0) ? draft.nibbles.find(draft_node.node.inputs[0]) : draft.nibbles.end();
  if (nibble != draft.nibbles.end() && !notes.qmin && !notes.qmax) note_nibbles(notes, nibble->second);
  const int64_t type = computed_type(attrs.get_int("output_dtype", 0));
  require(type == 0 || type == data_type_of(DType::f32), ErrorCode::unsupported,
          "output_dtype {} is not supported", type);
  attrs.erase("output_dtype");
}

// Opset 8 had a batch around everything, lengths in front and one list of directions. A batch of one goes.
void scan(Draft& draft, DraftNode& draft_node) {
  if (draft.opset >= 9) return;
  Node& node = draft_node.node;
  require(!node.inputs.empty() && !node.has_input(0), ErrorCode::unsupported,
          "sequence_lens of opset 8 is not supported");
  node.inputs.erase(node.inputs.begin());
  const ValueId axis = draft.add_constant(text("{}_batch", node.name), Tensor::of<int64_t>({1}, {0}));
  for (ValueId& id : node.inputs) id = draft.add_node("Squeeze", node.name, {id, axis});
  for (ValueId& id : node.outputs) {
    if (id == kNoValue) continue;
    const ValueId inside = draft.add_value(text("{}_inside", node.name), draft.graph[id].dtype);
    draft.add_node("Unsqueeze", node.name, {inside, axis}, id);
    id = inside;
  }
  const auto directions = node.attrs.get_ints("directions");
  if (!directions.empty())
    node.attrs.set("scan_input_directions", std::vector(directions.begin(), directions.end()));
  node.attrs.erase("directions");
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
    {"CastLike", cast_like},
    {"Clip", clip},
    {"Concat", concat},
    {"DequantizeLinear", dequantize_linear},
    {"Dropout", dropout},
    {"Pad", pad},
    {"QuantizeLinear", quantize_linear},
    {"Scan", scan},
    {"Slice", slice},
    {"Squeeze", squeeze},
    {"Unsqueeze", squeeze},
};

const RegisterUpgrades registered(kRows);

}  // namespace

}  // namespace octavo::onnx
