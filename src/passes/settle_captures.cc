// Body(c), where c is constant outside → Body, which has c; Body(x) that does not read x → Body.
#include "graph/graph.h"
#include "passes/passes.h"

namespace octavo {

namespace {

// Keeps what `body` has to take, as inputs `next` of its node and behind; gives how much it need not.
int settle(const Graph& graph, std::span<const ValueId> outside, Subgraph& body, std::vector<ValueId>& next) {
  const Uses uses(body.graph);
  std::vector<ValueId>& inputs = body.graph.inputs;
  const std::vector<ValueId> inside(inputs.end() - body.captures, inputs.end());
  inputs.resize(inputs.size() - inside.size());
  body.first_capture = static_cast<uint32_t>(next.size());
  body.captures = 0;
  for (std::size_t i = 0; i < inside.size(); ++i) {
    Value& value = body.graph[inside[i]];
    if (graph[outside[i]].is_constant()) {
      value.constant = graph[outside[i]].constant;
      static_cast<TensorType&>(value) = value.constant->type();
    } else if (!uses.consumers[inside[i]].empty() || uses.is_output[inside[i]]) {
      inputs.push_back(inside[i]);
      next.push_back(outside[i]);
      ++body.captures;
    }
  }
  return static_cast<int>(inside.size()) - static_cast<int>(body.captures);
}

}  // namespace

int settle_captures(Graph& graph) {
  int settled = 0;
  for (Node& node : graph.nodes) {
    if (node.subgraphs.empty()) continue;
    const std::vector<ValueId> inputs = std::move(node.inputs);
    node.inputs.assign(inputs.begin(), inputs.begin() + node.subgraphs[0].first_capture);
    for (Subgraph& body : node.subgraphs)
      settled +=
          settle(graph, std::span(inputs).subspan(body.first_capture, body.captures), body, node.inputs);
  }
  return settled;
}

}  // namespace octavo
