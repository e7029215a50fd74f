#include "ops/evaluate.h"

#include <algorithm>
#include <cstdint>

#include "base/error.h"

namespace octavo {

namespace {

// Throws Error(out_of_memory) for a shape that no memory can hold, so that nobody else computes sizes that overflow.
void require_addressable(const Operand& operand) {
  constexpr uint64_t kLimit = std::min<uint64_t>(PTRDIFF_MAX, uint64_t{1} << 40);
  uint64_t bytes = size_of(operand.dtype);
  for (int64_t dim : operand.shape->dims) {
    const uint64_t size = dim > 0 ? static_cast<uint64_t>(dim) : 1;
    require(size <= kLimit / bytes, ErrorCode::out_of_memory, "a tensor of shape ", *operand.shape,
            " does not fit into memory");
    bytes *= size;
  }
}

}  // namespace

std::vector<Operand> operands_of(const Graph& graph, const Node& node) {
  std::vector<Operand> operands;
  for (ValueId id : node.inputs) {
    if (id == kNoValue)
      operands.emplace_back();
    else
      operands.push_back({graph[id].dtype, graph[id].shape, graph[id].constant.get()});
  }
  return operands;
}

std::vector<Operand> infer_node(const Graph& graph, const Node& node, std::span<const Operand> inputs) {
  std::vector<Operand> outputs(node.outputs.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (node.outputs[i] != kNoValue) outputs[i].dtype = graph[node.outputs[i]].dtype;
    if (i == 0 && !inputs.empty()) outputs[i].dtype = inputs[0].dtype;
  }
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (node.has_input(i) && !inputs[i].shape) return outputs;
  try {
    InferContext context{node, inputs, outputs};
    node.op->infer(context);
    for (const Operand& output : outputs)
      if (output.shape) require_addressable(output);
  } catch (Error& error) {
    throw error.at_node(node.name, node.op->name);
  }
  return outputs;
}

std::vector<Tensor> evaluate_node(const Graph& graph, const Node& node, std::span<const Tensor* const> inputs,
                                  const KernelPolicy& kernels) {
  std::vector<Operand> operands(inputs.size());
  std::vector<TensorView> input_views(inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i] == nullptr) continue;
    operands[i] = {inputs[i]->dtype(), inputs[i]->shape(), inputs[i]};
    input_views[i] = inputs[i]->view();
  }
  const std::vector<Operand> inferred = infer_node(graph, node, operands);
  try {
    std::vector<Tensor> outputs;
    std::vector<TensorView> output_views;
    for (const Operand& output : inferred) {
      require(output.shape && output.shape->is_static(), ErrorCode::unsupported,
              "its output shape depends on data");
      output_views.push_back(outputs.emplace_back(output.dtype, *output.shape).view());
    }
    Node prepared = node;
    if (prepared.op->prepare && !prepared.prepared)
      prepared.prepared = prepared.op->prepare({graph, node, kernels});
    const PlanContext plan{prepared, operands, inferred, kernels};
    Buffer workspace(prepared.op->workspace ? prepared.op->workspace(plan) : 0);
    RunContext run{prepared, input_views, output_views, {workspace.data(), workspace.size()}, kernels};
    prepared.op->run(run);
    return outputs;
  } catch (Error& error) {
    throw error.at_node(node.name, node.op->name);
  }
}

}  // namespace octavo
