// Runs a graph node by node, each on memory of its own: what passes and plans are tested against.
#pragma once

#include <map>
#include <vector>

#include "ops/evaluate.h"

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

}  // namespace octavo::test
