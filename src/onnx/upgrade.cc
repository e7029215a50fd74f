#include "onnx/upgrade.h"

#include <algorithm>

#include "base/error.h"
#include "graph/op_def.h"
#include "onnx/data_type.h"

namespace octavo::onnx {

namespace {

ConstantTensor to_tensor(const AttrValue& value) {
  const auto share = [](Tensor tensor) { return std::make_shared<const Tensor>(std::move(tensor)); };
  const auto list = [&]<class T>(const std::vector<T>& items) {
    return share(Tensor::of<T>({static_cast<int64_t>(items.size())}, std::span<const T>(items)));
  };
  if (const auto* tensor = std::get_if<ConstantTensor>(&value)) return *tensor;
  if (const auto* number = std::get_if<int64_t>(&value)) return share(Tensor::scalar(*number));
  if (const auto* number = std::get_if<float>(&value)) return share(Tensor::scalar(*number));
  if (const auto* numbers = std::get_if<std::vector<int64_t>>(&value)) return list(*numbers);
  if (const auto* numbers = std::get_if<std::vector<float>>(&value)) return list(*numbers);
  throw Error(ErrorCode::unsupported, "strings are not supported");
}

// Attribute `name` became input `slot` at opset `since`.
void move_attr_to_input(Draft& draft, DraftNode& draft_node, std::string_view name, std::size_t slot,
                        int64_t since) {
  Node& node = draft_node.node;
  const auto attr =
      std::ranges::find(node.attrs, name, [](const auto& entry) { return std::string_view(entry.first); });
  const bool has_attr = attr != node.attrs.end();
  if (draft.opset >= since) {
    require(!has_attr, ErrorCode::invalid_graph, "has the attribute '", name,
            "', which is an input since opset ", since);
    return;
  }
  require(!node.has_input(slot), ErrorCode::invalid_graph, "has ", node.inputs.size(), " inputs, but '", name,
          "' is an attribute before opset ", since);
  if (!has_attr) return;
  if (node.inputs.size() <= slot) node.inputs.resize(slot + 1, kNoValue);
  node.inputs[slot] = draft.graph.add_constant(draft.value_names.take_unique(text(node.name, '_', name)),
                                               to_tensor(attr->second));
  node.attrs.erase(name);
}

// Before opset 9 `spatial` 0 asked for statistics per activation. The further outputs were those of training.
void batch_normalization(Draft&, DraftNode& draft_node) {
  Node& node = draft_node.node;
  const bool trains = node.attrs.get_int("training_mode", 0) != 0 || node.outputs.size() > 1;
  require(!trains, ErrorCode::unsupported, "training is not supported");
  require(node.attrs.get_int("spatial", 1) != 0, ErrorCode::unsupported, "spatial = 0 is not supported");
  node.attrs.erase("spatial");
}

// Opset 24 added how a cast to a type of 8-bit powers of two rounds.
void cast(Draft&, DraftNode& draft_node) { draft_node.node.attrs.erase("round_mode"); }

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
  const int64_t type = attrs.get_int("output_dtype", 0);
  require(type == 0 || type == data_type_of(DType::f32), ErrorCode::unsupported, "output_dtype ", type,
          " is not supported");
  attrs.erase("output_dtype");
}

void reduce(Draft& draft, DraftNode& node) { move_attr_to_input(draft, node, "axes", 1, 18); }

void slice(Draft& draft, DraftNode& node) {
  move_attr_to_input(draft, node, "starts", 1, 10);
  move_attr_to_input(draft, node, "ends", 2, 10);
  move_attr_to_input(draft, node, "axes", 3, 10);
}

void squeeze(Draft& draft, DraftNode& node) { move_attr_to_input(draft, node, "axes", 1, 13); }

// Adds a node besides the one being upgraded. `output` may be a value of its own or one that is there already.
void add_node(Draft& draft, std::string_view op, std::string_view stem, std::vector<ValueId> inputs,
              ValueId output, Attrs attrs = {}) {
  Node node;
  node.op = &get_op(op);
  node.name = draft.node_names.take_unique(text(stem, '_', op));
  node.attrs = std::move(attrs);
  node.inputs = std::move(inputs);
  node.outputs = {output};
  draft.graph.nodes.push_back(std::move(node));
}

ValueId add_value(Draft& draft, std::string_view stem, std::optional<DType> dtype) {
  return draft.graph.add_value({{dtype}, draft.value_names.take_unique(stem)});
}

// Before opset 13: softmax over all axes from `axis` on at once, that is
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
  node.inputs[0] = add_value(draft, text(node.name, "_flat"), dtype);
  node.outputs[0] = add_value(draft, text(node.name, "_softmax"), dtype);
  const ValueId dims = add_value(draft, text(node.name, "_shape"), DType::s64);
  Attrs flatten, reshape;
  flatten.set("axis", axis);
  reshape.set("allowzero", int64_t{1});
  add_node(draft, "Flatten", node.name, {x}, node.inputs[0], std::move(flatten));
  add_node(draft, "Shape", node.name, {x}, dims);
  add_node(draft, "Reshape", node.name, {node.outputs[0], dims}, y, std::move(reshape));
}

// What is not here has had one form since opset kOldestOpset, but for attributes and types added with defaults.
constexpr struct {
  std::string_view op_type;
  void (*upgrade)(Draft&, DraftNode&);
} kUpgrades[] = {
    {"BatchNormalization", batch_normalization},
    {"Cast", cast},
    {"Clip", clip},
    {"DequantizeLinear", dequantize_linear},
    {"Dropout", dropout},
    {"Pad", pad},
    {"QuantizeLinear", quantize_linear},
    {"ReduceMean", reduce},
    {"Slice", slice},
    {"Softmax", softmax},
    {"Squeeze", squeeze},
    {"Unsqueeze", squeeze},
};

}  // namespace

void upgrade(Draft& draft, DraftNode& node) {
  const auto row = std::ranges::find(kUpgrades, node.op_type, [](const auto& r) { return r.op_type; });
  if (row != std::end(kUpgrades)) row->upgrade(draft, node);
}

ConstantTensor constant_value(const Attrs& attrs) {
  for (const auto& [name, value] : attrs)
    if (name.starts_with("value")) return to_tensor(value);
  throw Error(ErrorCode::invalid_graph, "has no value");
}

}  // namespace octavo::onnx
