// One node on its own: shape inference, and a run outside of any plan.
#pragma once

#include <span>
#include <vector>

#include "base/kernel_policy.h"
#include "graph/op_def.h"

namespace octavo {

// Infers the outputs of `node` from its inputs; where an input's rank is unknown, so are the outputs' shapes. Errors
// name the node.
std::vector<Operand> infer_node(const Graph& graph, const Node& node, std::span<const Operand> inputs);

// What the graph itself says of a node's inputs: declared dtypes and shapes, and the contents of constants.
std::vector<Operand> operands_of(const Graph& graph, const Node& node);

// Runs `node` once on `inputs` (null: absent), all of static shape, preparing it first if that was not done. Errors
// name the node.
std::vector<Tensor> evaluate_node(const Graph& graph, const Node& node, std::span<const Tensor* const> inputs,
                                  const KernelPolicy& kernels);

}  // namespace octavo
