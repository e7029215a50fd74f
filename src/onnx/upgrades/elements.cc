// Older forms of operators that move, pick, count or draw elements.
#include <iterator>

#include "base/error.h"
#include "onnx/data_type.h"
#include "onnx/upgrade.h"

namespace octavo::onnx {

namespace {

// 16-bit floats are float32 inside of a graph.
void dtype(Draft&, DraftNode& draft_node) {
  Attrs& attrs = draft_node.node.attrs;
  if (attrs.has("dtype")) attrs.set("dtype", computed_type(attrs.get_int("dtype", 0)));
}

// Of tensors, which always have an element.
void optional_get_element(Draft&, DraftNode& draft_node) { draft_node.op_type = "Identity"; }

void optional_has_element(Draft& draft, DraftNode& draft_node) {
  Node& node = draft_node.node;
  const Tensor answer = Tensor::scalar(node.has_input(0));
  node.inputs = {draft.add_constant(text("{}_answer", node.name), answer)};
  draft_node.op_type = "Identity";
}

void scatter(Draft& draft, DraftNode& draft_node) {
  require(draft.opset < 11, ErrorCode::invalid_graph, "became ScatterElements with opset 11");
  draft_node.op_type = "ScatterElements";
}

// Before opset 18, a node that does not say how large its parts are has as many equal ones as outputs.
void split(Draft& draft, DraftNode& draft_node) {
  Node& node = draft_node.node;
  move_attr_to_input(draft, draft_node, "split", 1, 13);
  if (node.has_input(1)) {
    require(!node.attrs.has("num_outputs"), ErrorCode::invalid_graph, "has both parts and num_outputs");
  } else if (draft.opset < 18) {
    node.attrs.set("num_outputs", static_cast<int64_t>(draft_node.outputs_in_file));
  }
}

void top_k(Draft& draft, DraftNode& node) { move_attr_to_input(draft, node, "k", 1, 10); }

// An experiment of opset 1, which became Slice.
void dynamic_slice(Draft&, DraftNode& draft_node) { draft_node.op_type = "Slice"; }

constexpr Upgrade kRows[] = {
    {"Bernoulli", dtype},
    {"DynamicSlice", dynamic_slice, 1},
    {"EyeLike", dtype},
    {"Multinomial", dtype},
    {"OptionalGetElement", optional_get_element, 15},
    {"OptionalHasElement", optional_has_element, 15},
    {"RandomNormal", dtype},
    {"RandomNormalLike", dtype},
    {"RandomUniform", dtype},
    {"RandomUniformLike", dtype},
    {"Scatter", scatter, 9},
    {"Split", split},
    {"TopK", top_k},
};

const RegisterUpgrades registered(kRows);

}  // namespace

}  // namespace octavo::onnx
