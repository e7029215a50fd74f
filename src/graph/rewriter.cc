#include "graph/rewriter.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "graph/op_def.h"

namespace octavo {

namespace {

void replace_output(Graph& graph, ValueId from, ValueId to) {
  std::swap(graph[from].name, graph[to].name);
  std::swap(graph[from].dim_names, graph[to].dim_names);
  std::ranges::replace(graph.outputs, from, to);
}

}  // namespace

void replace_uses(Graph& graph, ValueId from, ValueId to) {
  for (Node& node : graph.nodes) std::ranges::replace(node.inputs, from, to);
  if (std::ranges::find(graph.outputs, from) != graph.outputs.end()) replace_output(graph, from, to);
}

void replace_uses(Graph& graph, Uses& uses, ValueId from, ValueId to) {
  for (uint32_t n : uses.consumers[from]) {
    std::ranges::replace(graph.nodes[n].inputs, from, to);
    uses.consumers[to].push_back(n);
  }
  uses.consumers[from].clear();
  if (!uses.is_output[from]) return;
  replace_output(graph, from, to);
  std::swap(uses.is_output[from], uses.is_output[to]);
}

void redirect(Graph& graph, std::span<const Redirection> redirections) {
  std::vector<ValueId> target(graph.values.size());
  std::iota(target.begin(), target.end(), 0);
  for (const auto& [from, to] : redirections) target[from] = to;
  for (Node& node : graph.nodes)
    for (ValueId& id : node.inputs)
      if (id != kNoValue) id = target[id];

  for (ValueId id : graph.inputs) target[id] = id;
  const Uses uses(graph);
  for (const auto& [from, to] : redirections) {
    if (!uses.is_output[from] || target[from] == from) continue;
    std::swap(graph[from].name, graph[to].name);
    std::swap(graph[from].dim_names, graph[to].dim_names);
  }
  for (ValueId& id : graph.outputs) id = target[id];
}

Node make_node(Graph& graph, const OpDef& op, std::string_view name, ValueList inputs,
               const TensorType& type) {
  Node node;
  node.op = &op;
  node.name = graph.unique_value_name(name);
  node.inputs.assign(inputs.begin(), inputs.end());
  node.outputs = {graph.add_value({type, node.name})};
  return node;
}

int remove_dead(Graph& graph) {
  Flags wanted(graph.values.size());
  for (ValueId id : graph.outputs) wanted[id] = true;
  Flags live(graph.nodes.size());
  for (std::size_t n = graph.nodes.size(); n-- > 0;) {
    const Node& node = graph.nodes[n];
    live[n] = node.lowered.observed >= 0 ||
              std::ranges::any_of(node.outputs, [&](ValueId id) { return id != kNoValue && wanted[id]; });
    if (!live[n]) continue;
    for (ValueId id : node.inputs)
      if (id != kNoValue) wanted[id] = true;
  }
  for (Node& node : graph.nodes) {
    // What an operator may leave out.
    for (std::size_t i = node.op->min_outputs; i < node.outputs.size(); ++i)
      if (node.outputs[i] != kNoValue && !wanted[node.outputs[i]]) node.outputs[i] = kNoValue;
    // Bodies give all of their outputs, and their operator has a place for each.
    while (node.subgraphs.empty() && std::ssize(node.outputs) > node.op->min_outputs &&
           node.outputs.back() == kNoValue)
      node.outputs.pop_back();
  }
  std::size_t n = 0;
  const auto removed = std::erase_if(graph.nodes, [&](const Node&) { return !live[n++]; });

  Flags mentioned = wanted;
  for (ValueId id : graph.inputs) mentioned[id] = true;
  for (const Node& node : graph.nodes)
    for (ValueId id : node.outputs)
      if (id != kNoValue) mentioned[id] = true;
  std::vector<ValueId> renumbered(graph.values.size(), kNoValue);
  ValueId next = 0;
  for (ValueId id = 0; id < graph.values.size(); ++id)
    if (mentioned[id]) {
      if (next != id) graph.values[next] = std::move(graph.values[id]);
      renumbered[id] = next++;
    }
  if (next < graph.values.size()) graph.forget_names();
  graph.values.resize(next);
  const auto renumber = [&](std::vector<ValueId>& ids) {
    for (ValueId& id : ids)
      if (id != kNoValue) id = renumbered[id];
  };
  for (Node& node : graph.nodes) {
    renumber(node.inputs);
    renumber(node.outputs);
  }
  renumber(graph.inputs);
  renumber(graph.outputs);
  return static_cast<int>(removed);
}

void sort_nodes(Graph& graph) {
  const Uses uses(graph);
  std::vector<uint32_t> order;
  enum class Mark : uint8_t { unvisited, open, done };
  std::vector<Mark> marks(graph.nodes.size());
  // Depth first over producers with an explicit stack: networks are deeper than a WebAssembly stack is tall.
  std::vector<std::pair<uint32_t, std::size_t>> stack;
  for (uint32_t root = 0; root < graph.nodes.size(); ++root) {
    if (marks[root] != Mark::unvisited) continue;
    stack.emplace_back(root, 0);
    marks[root] = Mark::open;
    while (!stack.empty()) {
      auto& [n, next_input] = stack.back();
      const Node& node = graph.nodes[n];
      if (next_input == node.inputs.size()) {
        marks[n] = Mark::done;
        order.push_back(n);
        stack.pop_back();
        continue;
      }
      const ValueId id = node.inputs[next_input++];
      const uint32_t producer = id == kNoValue ? Uses::kNone : uses.producer[id];
      if (producer == Uses::kNone || marks[producer] == Mark::done) continue;
      if (marks[producer] == Mark::open)
        throw Error(ErrorCode::invalid_graph, "is part of a cycle").at_node(node.name, node.op->name);
      marks[producer] = Mark::open;
      stack.emplace_back(producer, 0);
    }
  }
  std::vector<Node> nodes;
  nodes.reserve(order.size());
  for (uint32_t n : order) nodes.push_back(std::move(graph.nodes[n]));
  graph.nodes = std::move(nodes);
}

}  // namespace octavo
