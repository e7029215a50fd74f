#include "passes/narrow_doubles.h"

#include "base/error.h"
#include "graph/op_def.h"

namespace octavo {

namespace {

Node make_cast(Graph& graph, ValueId from, ValueId to) {
  Node cast{.op = &get_op("Cast"), .name = graph.unique_value_name(text("{}_cast", graph[to].name))};
  cast.attrs.set("to", int64_t{info_of(*graph[to].dtype).onnx});
  cast.inputs = {from};
  cast.outputs = {to};
  return cast;
}

// A value of the same shape.
ValueId add_float32(Graph& graph, ValueId like) {
  Value value{{DType::f32, graph[like].shape}, graph.unique_value_name(text("{}_float32", graph[like].name))};
  value.dim_names = graph[like].dim_names;
  return graph.add_value(std::move(value));
}

}  // namespace

bool narrow_inputs(Graph& graph, Node& node, std::vector<Node>& before) {
  if (!node.op->computes_f32) return false;
  bool is_narrowed = false;
  for (ValueId& id : node.inputs) {
    if (id == kNoValue || graph[id].dtype != DType::f64) continue;
    const ValueId narrow = add_float32(graph, id);
    before.push_back(make_cast(graph, id, narrow));
    id = narrow;
    is_narrowed = true;
  }
  return is_narrowed;
}

void widen_outputs(Graph& graph, Node& node, std::vector<Node>& behind) {
  for (ValueId& id : node.outputs) {
    if (id == kNoValue || graph[id].dtype != DType::f32) continue;
    const ValueId wide = id;
    id = add_float32(graph, wide);
    graph[wide].dtype = DType::f64;
    behind.push_back(make_cast(graph, id, wide));
  }
}

}  // namespace octavo
