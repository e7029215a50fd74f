// If(constant) → the nodes of the branch that is taken.
#include "graph/op_def.h"
#include "graph/rewriter.h"
#include "passes/passes.h"

namespace octavo {

namespace {

// Whether the node is an If that always takes the same branch, and which.
const Subgraph* taken_branch(const Graph& graph, const Node& node) {
  if (node.op != find_op("If")) return nullptr;
  const Tensor* const condition = graph.constant_input(node, 0);
  if (condition == nullptr || condition->dtype() != DType::boolean || condition->shape().elements() != 1)
    return nullptr;
  return &node.subgraphs[condition->span<uint8_t>()[0] != 0 ? 0 : 1];
}

// Puts the nodes of a body where its node stood.
class Inliner {
 public:
  Inliner(Graph& graph, std::vector<Node>& nodes) : graph_(graph), nodes_(nodes) {}

  void inline_body(const Node& node, const Subgraph& body) {
    std::vector<ValueId> outside(body.graph.values.size(), kNoValue);  // by value of the body
    const std::size_t own = body.graph.inputs.size() - body.captures;
    for (uint32_t i = 0; i < body.captures; ++i)
      outside[body.graph.inputs[own + i]] = node.inputs[body.first_capture + i];
    // What the body computes for an output is the output.
    const Uses uses(body.graph);
    std::vector<std::size_t> copied;
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      if (node.outputs[i] == kNoValue) continue;
      const ValueId inside = body.graph.outputs[i];
      if (uses.producer[inside] != Uses::kNone && outside[inside] == kNoValue)
        outside[inside] = node.outputs[i];
      else
        copied.push_back(i);
    }
    const auto value = [&](ValueId id) {
      if (id == kNoValue || outside[id] != kNoValue) return id == kNoValue ? id : outside[id];
      Value copy = body.graph[id];
      copy.name = graph_.unique_value_name(copy.name);
      return outside[id] = graph_.add_value(std::move(copy));
    };
    for (Node copy : body.graph.nodes) {
      copy.name = graph_.unique_value_name(copy.name);
      for (ValueId& id : copy.inputs) id = value(id);
      for (ValueId& id : copy.outputs) id = value(id);
      nodes_.push_back(std::move(copy));
    }
    for (std::size_t i : copied) {
      Node identity{.op = &get_op("Identity"), .name = graph_.unique_value_name(node.name)};
      identity.inputs = {value(body.graph.outputs[i])};
      identity.outputs = {node.outputs[i]};
      nodes_.push_back(std::move(identity));
    }
  }

 private:
  Graph& graph_;
  std::vector<Node>& nodes_;
};

}  // namespace

int inline_branches(Graph& graph) {
  int inlined = 0;
  std::vector<Node> nodes;
  for (Node& node : take_nodes(graph)) {
    const Subgraph* const branch = taken_branch(graph, node);
    if (branch == nullptr) {
      nodes.push_back(std::move(node));
    } else {
      Inliner(graph, nodes).inline_body(node, *branch);
      ++inlined;
    }
  }
  graph.nodes = std::move(nodes);
  return inlined;
}

}  // namespace octavo
