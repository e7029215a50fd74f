#include "ops/evaluate.h"

#include <algorithm>

#include "base/error.h"

namespace octavo {

std::vector<Operand> operands_of(const Graph& graph, const Node& node) {
  std::vector<Operand> operands;
  for (ValueId id : node.inputs) {
    if (id == kNoValue)
      operands.emplace_back();
    else
      operands.push_back({graph[id], graph[id].constant.get()});
  }
  return operands;
}

std::vector<Operand> infer_node(const Graph& graph, const Node& node, std::span<const Operand> inputs) {
  std::vector<Operand> outputs(node.outputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (node.has_input(i) && !inputs[i].is_known()) {
      for (std::size_t o = 0; o < outputs.size(); ++o)
        if (node.outputs[o] != kNoValue) outputs[o].dtype = graph[node.outputs[o]].dtype;
      const auto same = static_cast<std::size_t>(node.op->dtype_input);
      if (node.op->same_dtype && same < inputs.size() && inputs[same].dtype)
        outputs[0].dtype = inputs[same].dtype;
      return outputs;
    }
  try {
    InferContext context{node, inputs, outputs};
    node.op->infer(context);
    for (const Operand& output : outputs)
      if (output.is_known()) require_addressable(*output.shape, size_of(*output.dtype));
  } catch (Error& error) {
    error.at_node(node.name, node.op->name);
    throw;
  }
  return outputs;
}

FoldingBudget::FoldingBudget(const Graph& graph) {
  for (const Value& value : graph.values)
    if (value.is_constant()) left_ += 8 * uint64_t{value.constant->bytes()};
}

bool FoldingBudget::take(std::span<const Operand> outputs, std::span<const Operand> inputs) {
  // Of each element of an input at most its place is told.
  uint64_t most = 0;
  for (const Operand& input : inputs)
    if (input.is_static())
      most =
          std::max(most, static_cast<uint64_t>(input.shape->elements()) * Dims::kMaxRank * sizeof(int64_t));
  uint64_t bytes = 0;
  for (const Operand& output : outputs) bytes += output.is_static() ? output.bytes() : most;
  if (bytes > left_) return false;
  left_ -= bytes;
  return true;
}

void prepare_node(const Graph& graph, Node& node, const KernelPolicy& kernels) {
  if (node.op->prepare == nullptr) return;
  try {
    node.prepared = node.op->prepare({graph, node, kernels});
  } catch (Error& error) {
    error.at_node(node.name, node.op->name);
    throw;
  }
}

StepPlan plan_node(const PlanContext& context) {
  const Node& node = context.node;
  if (node.op->plan == nullptr) return {};
  try {
    return node.op->plan(context);
  } catch (Error& error) {
    error.at_node(node.name, node.op->name);
    throw;
  }
}

namespace {

class MadeOutputs final : public OutputMaker {
 public:
  explicit MadeOutputs(std::size_t count) : tensors_(count) {}

  TensorView make(std::size_t output, DType dtype, const Shape& shape) override {
    Tensor made(dtype, shape);
    if (auto& before = tensors_[output])
      std::copy_n(before->view().data, std::min(before->bytes(), made.bytes()), made.view().data);
    return tensors_[output].emplace(std::move(made)).view();
  }
  std::vector<Tensor> take() {
    std::vector<Tensor> tensors;
    tensors.reserve(tensors_.size());
    for (auto& tensor : tensors_) tensors.push_back(std::move(*tensor));
    return tensors;
  }

 private:
  std::vector<std::optional<Tensor>> tensors_;
};

}  // namespace

std::vector<Tensor> evaluate_node(const Graph& graph, const Node& node, std::span<const Operand> inputs,
                                  const KernelPolicy& kernels) {
  const std::vector<Operand> inferred = infer_node(graph, node, inputs);
  Node prepared = node;
  if (!prepared.prepared) prepare_node(graph, prepared, kernels);
  try {
    std::vector<TensorView> input_views, output_views;
    std::byte unread{};  // where contents are not known and only the shape is read
    for (const Operand& input : inputs) {
      if (!input.shape)
        input_views.emplace_back();
      else if (input.known)
        input_views.push_back(input.known->view());
      else
        input_views.push_back({*input.dtype, *input.shape, &unread});
    }
    MadeOutputs made(inferred.size());
    for (const Operand& output : inferred) {
      require(output.is_static() || (node.op->shape_depends_on_data && output.dtype), ErrorCode::unsupported,
              "its output shape depends on data");
      output_views.push_back(
          made.make(output_views.size(), *output.dtype, output.is_static() ? *output.shape : Shape{0}));
    }
    const StepPlan plan = plan_node({{prepared, inputs, inferred}, kernels});
    Buffer workspace(plan.workspace);
    RunContext run{prepared, plan.state, input_views, output_views, {workspace.data(), workspace.size()},
                   kernels,  nullptr,    nullptr,     &made};
    prepared.op->run(run);
    return made.take();
  } catch (Error& error) {
    error.at_node(node.name, node.op->name);
    throw;
  }
}

}  // namespace octavo
