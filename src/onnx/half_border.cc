#include "onnx/half_border.h"

#include <algorithm>

#include "base/error.h"
#include "graph/op_def.h"
#include "onnx/data_type.h"

namespace octavo::onnx {

namespace {

Attrs cast_to(DType dtype) {
  Attrs attrs;
  attrs.set("to", int64_t{info_of(dtype).onnx});
  return attrs;
}

bool is_cast_to_float(const Node& node) {
  return node.op->name == "Cast" && node.attrs.get_int("to", 0) == info_of(DType::f32).onnx;
}

// A float32 value in the place of `border`: what it held and, where asked, its node and its readers.
ValueId take_place(Draft& draft, ValueId border, bool of_its_node) {
  Value inside = draft.graph[border];
  inside.name = draft.value_names.take_unique(text("{}_float32", inside.name));
  const ValueId id = draft.graph.add_value(std::move(inside));
  draft.graph[border].constant = nullptr;
  for (Node& node : draft.graph.nodes) {
    std::ranges::replace(node.inputs, border, id);
    if (of_its_node) std::ranges::replace(node.outputs, border, id);
  }
  return id;
}

void cast_input(Draft& draft, ValueId border) {
  Graph& graph = draft.graph;
  const auto cast = std::ranges::find_if(
      graph.nodes, [&](const Node& node) { return is_cast_to_float(node) && node.inputs[0] == border; });
  if (cast == graph.nodes.end()) {
    const ValueId inside = take_place(draft, border, false);
    return draft.add_node("Cast", graph[border].name, {border}, inside, cast_to(DType::f32));
  }
  const ValueId inside = cast->outputs[0];
  for (Node& node : graph.nodes)
    if (&node != &*cast) std::ranges::replace(node.inputs, border, inside);
}

void cast_output(Draft& draft, ValueId border, DType half) {
  Graph& graph = draft.graph;
  const auto is_read = [&](const Node& node) { return std::ranges::count(node.inputs, border) > 0; };
  const auto cast = std::ranges::find_if(
      graph.nodes, [&](const Node& node) { return is_cast_to_float(node) && node.outputs[0] == border; });
  if (cast != graph.nodes.end() && std::ranges::none_of(graph.nodes, is_read)) {
    cast->attrs = cast_to(half);
    return;
  }
  const ValueId inside = take_place(draft, border, true);
  draft.add_node("Cast", graph[border].name, {inside}, border, cast_to(half));
}

}  // namespace

void cast_border(Draft& draft, ValueId border, DType half) {
  if (draft.graph[border].dtype == half) return;  // an input that is an output
  if (std::ranges::count(draft.graph.inputs, border) > 0)
    cast_input(draft, border);
  else
    cast_output(draft, border, half);
  draft.graph[border].dtype = half;
}

}  // namespace octavo::onnx
