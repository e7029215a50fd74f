// Runs a graph node by node, each on memory of its own: what passes and plans are tested against.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <map>
#include <vector>

#include "ops/evaluate.h"
#include "support/graph_builder.h"

namespace octavo::test {

inline std::vector<Tensor> interpret(const Graph& graph, const std::vector<Tensor>& feeds) {
  std::map<ValueId, const Tensor*> tensors;
  std::vector<std::unique_ptr<Tensor>> computed;
  for (ValueId id = 0; id < graph.values.size(); ++id) tensors[id] = graph[id].constant.get();
  for (std::size_t i = 0; i < feeds.size(); ++i) tensors[graph.inputs[i]] = &feeds[i];
  for (const Node& node : graph.nodes) {
    std::vector<Operand> inputs;
    for (ValueId id : node.inputs) inputs.push_back(id == kNoValue ? Operand{} : Operand::of(*tensors[id]));
    std::vector<Tensor> outputs = evaluate_node(graph, node, inputs, KernelPolicy{});
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (node.outputs[i] == kNoValue) continue;
      computed.push_back(std::make_unique<Tensor>(std::move(outputs[i])));
      tensors[node.outputs[i]] = computed.back().get();
    }
  }
  std::vector<Tensor> results;
  for (ValueId id : graph.outputs) results.push_back(Tensor::copy_of(tensors[id]->view()));
  return results;
}

// The graph as `rewrite` leaves a copy of it, after a check that both compute the same of random feeds.
template <class Rewrite>
Graph rewritten(GraphBuilder& b, std::vector<Tensor> feeds, float tolerance, Rewrite rewrite) {
  const std::vector<Tensor> before = interpret(b.graph, feeds);
  Graph graph = b.graph;
  rewrite(graph);
  verify(graph);
  INFO(dump(graph));
  const std::vector<Tensor> after = interpret(graph, feeds);
  REQUIRE(after.size() == before.size());
  for (std::size_t i = 0; i < before.size(); ++i)
    CHECK(largest_difference(before[i].view(), after[i].view()) <= tolerance);
  return graph;
}

template <class Rewrite>
Graph rewritten(GraphBuilder& b, const Shape& input, float tolerance, Rewrite rewrite) {
  std::vector<Tensor> feeds;
  feeds.push_back(b.random_tensor(input));
  return rewritten(b, std::move(feeds), tolerance, rewrite);
}

}  // namespace octavo::test
