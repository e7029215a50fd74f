// One node on its own: shape inference, and a run outside of any plan.
#pragma once

#include <span>
#include <vector>

#include "base/kernel_policy.h"
#include "graph/op_def.h"

namespace octavo {

// Infers the outputs of `node` from its inputs. Where dtype or rank of an input is unknown, the outputs' shapes are,
// too, and of their dtypes only what the graph and OpDef::same_dtype say is known. Errors name the node.
std::vector<Operand> infer_node(const Graph& graph, const Node& node, std::span<const Operand> inputs);

// What the graph itself says of a node's inputs: declared dtypes and shapes, and the contents of constants.
std::vector<Operand> operands_of(const Graph& graph, const Node& node);

// What may be computed before the first run. A file of a few hundred bytes can spell constants of gigabytes; what goes
// beyond this is computed in each run instead, in memory that others use before and after.
class FoldingBudget {
 public:
  // 64 MiB, and eight bytes for each one of the graph's own constants: int8 may become float64.
  explicit FoldingBudget(const Graph& graph);

  // Takes the bytes of a node's outputs, as infer_node gives them, or the most that they may have where only its
  // elements tell (OpDef::shape_depends_on_data); false, and takes nothing, where that is too much.
  bool take(std::span<const Operand> outputs, std::span<const Operand> inputs);

 private:
  uint64_t left_ = 64 << 20;
};

// Sets node.prepared, where the operator prepares anything. The operands went through infer_node. Errors name the node.
void prepare_node(const Graph& graph, Node& node, const KernelPolicy& kernels);

// OpDef::plan. Errors name the node.
StepPlan plan_node(const PlanContext& context);

// Runs `node` once, preparing it first if that was not done. Inputs have static shapes, and contents unless the
// operator reads shapes only. Errors name the node.
std::vector<Tensor> evaluate_node(const Graph& graph, const Node& node, std::span<const Operand> inputs,
                                  const KernelPolicy& kernels);

}  // namespace octavo
