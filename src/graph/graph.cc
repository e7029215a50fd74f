#include "graph/graph.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "graph/op_def.h"
#include "graph/rewriter.h"

namespace octavo {

ValueId Graph::add_value(Value value) {
  if (names_.taken) names_.taken->take(value.name);
  values.push_back(std::move(value));
  return static_cast<ValueId>(values.size() - 1);
}

ValueId Graph::add_constant(std::string name, Tensor tensor) {
  return add_constant(std::move(name), std::make_shared<const Tensor>(std::move(tensor)));
}

ValueId Graph::add_constant(std::string name, ConstantTensor tensor) {
  Value value;
  value.name = std::move(name);
  static_cast<TensorType&>(value) = tensor->type();
  value.constant = std::move(tensor);
  return add_value(std::move(value));
}

namespace {

Names& taken_names(const Graph& graph) {
  if (!graph.names_.taken) {
    graph.names_.taken = std::make_unique<Names>();
    for (const Value& value : graph.values) graph.names_.taken->take(value.name);
    for (const Node& node : graph.nodes) graph.names_.taken->take(node.name);
  }
  return *graph.names_.taken;
}

}  // namespace

std::string Graph::unique_value_name(std::string_view stem) const {
  return taken_names(*this).take_unique(stem);
}

std::vector<Node> take_nodes(Graph& graph) {
  taken_names(graph);
  return std::exchange(graph.nodes, {});
}

bool Graph::knows_types(const Node& node) const {
  return std::ranges::all_of(node.inputs,
                             [&](ValueId id) { return id == kNoValue || values[id].is_known(); });
}

const Tensor* Graph::constant_input(const Node& node, std::size_t i) const {
  return node.has_input(i) ? values[node.inputs[i]].constant.get() : nullptr;
}

Uses::Uses(const Graph& graph)
    : producer(graph.values.size(), kNone), consumers(graph.values.size()), is_output(graph.values.size()) {
  for (uint32_t n = 0; n < graph.nodes.size(); ++n) {
    for (ValueId id : graph.nodes[n].inputs)
      if (id != kNoValue) consumers[id].push_back(n);
    for (ValueId id : graph.nodes[n].outputs)
      if (id != kNoValue) producer[id] = n;
  }
  for (ValueId id : graph.outputs) is_output[id] = true;
}

uint32_t Uses::only_consumer(ValueId value) const {
  return consumers[value].size() == 1 && !is_output[value] ? consumers[value][0] : kNone;
}

namespace {

void verify_states(const Graph& graph) {
  Flags is_state(graph.inputs.size());
  for (const auto& [input, output] : graph.states) {
    require(input < graph.inputs.size() && output < graph.outputs.size() && !is_state[input],
            ErrorCode::invalid_graph,
            "a state slot of input {} and output {} is out of range or has its input twice", input, output);
    is_state[input] = true;
    const Value &before = graph[graph.inputs[input]], &after = graph[graph.outputs[output]];
    require(before.is_static() && after.dtype.value_or(*before.dtype) == *before.dtype,
            ErrorCode::invalid_graph, "the state '{}' has no static shape, or '{}' is of another type",
            before.name, after.name);
    // Else one state would be overwritten before another is read.
    require(std::ranges::find(graph.inputs, graph.outputs[output]) == graph.inputs.end(),
            ErrorCode::invalid_graph, "the state '{}' becomes an input, '{}', and nothing computed",
            before.name, after.name);
  }
}

[[noreturn]] void fail_at(const Node& node, std::string message) {
  throw Error(ErrorCode::invalid_graph, std::move(message)).at_node(node.name, node.op->name);
}

}  // namespace

void verify(const Graph& graph) {
  Flags available(graph.values.size());
  const auto check_id = [&](ValueId id) {
    require(id < graph.values.size(), ErrorCode::invalid_graph, "value id {} is out of range", id);
  };
  for (ValueId id = 0; id < graph.values.size(); ++id) available[id] = graph.values[id].is_constant();
  for (ValueId id : graph.inputs) {
    check_id(id);
    available[id] = true;
  }
  for (const Node& node : graph.nodes) {
    for (const Subgraph& body : node.subgraphs) {
      verify(body.graph);
      require(body.captures <= body.graph.inputs.size() &&
                  body.first_capture + body.captures <= node.inputs.size(),
              ErrorCode::invalid_graph, "a body of '{}' takes more from outside than there is", node.name);
    }
    for (ValueId id : node.inputs) {
      if (id == kNoValue) continue;
      check_id(id);
      if (!available[id]) fail_at(node, text("reads '{}' before it is computed", graph[id].name));
    }
    for (ValueId id : node.outputs) {
      if (id == kNoValue) continue;
      check_id(id);
      if (available[id]) fail_at(node, text("computes '{}', which already has a source", graph[id].name));
      available[id] = true;
    }
  }
  for (ValueId id : graph.outputs) {
    check_id(id);
    require(available[id], ErrorCode::invalid_graph, "graph output '{}' is never computed", graph[id].name);
  }
  verify_states(graph);
}

}  // namespace octavo
