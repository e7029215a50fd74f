// Runs one operator on its own, step by step as a session does.
#pragma once

#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/kernel_policy.h"
#include "graph/graph.h"
#include "graph/op_def.h"

namespace octavo::test {

using Ints = std::vector<int64_t>;

// A graph of one node, put together call by call:
//
//   Tensor y = OpRunner("Softmax").attr("axis", 1).input(x).run1();
//
// Inputs are numbered in the order of the calls. Memory of outputs and workspace starts as garbage, so that an operator
// which leaves an element out is found.
class OpRunner {
 public:
  explicit OpRunner(std::string_view op) {
    node_.op = &get_op(op);
    node_.name = "node";
  }

  OpRunner& attr(std::string_view name, AttrValue value) {
    node_.attrs.set(name, std::move(value));
    return *this;
  }
  // An input that is computed elsewhere: it has contents only during the run, unless it decides output shapes.
  OpRunner& input(Tensor tensor) { return add(std::move(tensor), false); }
  // A constant, which `prepare` sees.
  OpRunner& constant(Tensor tensor) { return add(std::move(tensor), true); }
  OpRunner& absent() {
    node_.inputs.push_back(kNoValue);
    tensors_.push_back(nullptr);
    return *this;
  }
  // What the integers of the last input mean.
  OpRunner& input_qparams(QParams qparams) {
    node_.input_qparams.resize(node_.inputs.size());
    node_.input_qparams.back() = std::move(qparams);
    return *this;
  }
  // What the integers of output 0 mean.
  OpRunner& output_qparams(QParams qparams) {
    node_.output_qparams = std::move(qparams);
    return *this;
  }
  // How many outputs are used; one unless said.
  OpRunner& outputs(std::size_t count) {
    output_count_ = count;
    return *this;
  }
  OpRunner& observer(TensorObserver* observer) {
    observer_ = observer;
    return *this;
  }
  OpRunner& kernels(KernelPolicy policy) {
    policy_ = std::move(policy);
    return *this;
  }

  // Compiles and runs the node. Throws what the operator throws, and Error(invalid_graph) for a wrong number of inputs.
  std::vector<Tensor> run() {
    prepare();
    std::vector<TensorView> inputs, output_views;
    std::vector<Tensor> outputs;
    for (const ConstantTensor& tensor : tensors_) inputs.push_back(tensor ? tensor->view() : TensorView{});
    for (const Operand& operand : outputs_) {
      require(operand.shape.has_value() && operand.shape->is_static(), ErrorCode::invalid_graph,
              "an output shape of ", node_.op->name, " is unknown although every input is static");
      outputs.emplace_back(operand.dtype, *operand.shape);
      output_views.push_back(outputs.back().view());
      std::memset(output_views.back().data, 0xa5, output_views.back().bytes());
    }
    const PlanContext plan = this->plan();
    Buffer workspace(node_.op->workspace ? node_.op->workspace(plan) : 0);
    if (workspace.size() > 0) std::memset(workspace.data(), 0xa5, workspace.size());
    const bool is_view = node_.op->is_view && node_.op->is_view(plan);
    if (is_view) std::memcpy(output_views[0].data, inputs[0].data, inputs[0].bytes());
    if (!is_view || node_.op->runs_as_view) {
      RunContext context{node_,   inputs,   output_views, {workspace.data(), workspace.size()},
                         policy_, observer_};
      node_.op->run(context);
    }
    return outputs;
  }
  // `run`, output 0.
  Tensor run1() { return std::move(run()[0]); }

  // Output dtypes and shapes, from the inputs given so far.
  std::vector<Operand> infer() {
    infer_node();
    return outputs_;
  }
  // The node's answer to OpDef::is_view.
  bool is_view() {
    prepare();
    return node_.op->is_view != nullptr && node_.op->is_view(plan());
  }
  int64_t macs() {
    prepare();
    return node_.op->macs ? node_.op->macs(plan()) : 0;
  }
  // QuantRule::function of the operator.
  float function(float x) const { return node_.op->quant.function(graph_, node_, x); }
  // QuantRule::obstacle of the operator, empty where it has none.
  std::string obstacle() const {
    return node_.op->quant.obstacle ? node_.op->quant.obstacle(graph_, node_) : std::string();
  }
  // OpDef::permute of the operator. Constant inputs that it replaces are used from here on.
  bool permute(const std::vector<int>& permutation) {
    if (node_.op->permute == nullptr || !node_.op->permute(graph_, node_, permutation)) return false;
    tensors_.resize(node_.inputs.size());
    for (std::size_t i = 0; i < node_.inputs.size(); ++i)
      if (node_.has_input(i) && graph_[node_.inputs[i]].is_constant())
        tensors_[i] = graph_[node_.inputs[i]].constant;
    return true;
  }

  Graph& graph() { return graph_; }
  Node& node() { return node_; }

 private:
  OpRunner& add(Tensor tensor, bool is_constant) {
    auto shared = std::make_shared<const Tensor>(std::move(tensor));
    Value value{.name = text("input", tensors_.size()), .dtype = shared->dtype(), .shape = shared->shape()};
    if (is_constant) value.constant = shared;
    node_.inputs.push_back(graph_.add_value(std::move(value)));
    tensors_.push_back(std::move(shared));
    return *this;
  }

  void infer_node() {
    const int given = static_cast<int>(node_.inputs.size());
    require(given >= node_.op->min_inputs && given <= node_.op->max_inputs, ErrorCode::invalid_graph,
            node_.op->name, " takes ", node_.op->min_inputs, " to ", node_.op->max_inputs, " inputs, not ",
            given);
    inputs_.assign(tensors_.size(), Operand{});
    for (std::size_t i = 0; i < tensors_.size(); ++i) {
      if (!tensors_[i]) continue;
      const bool known = graph_[node_.inputs[i]].is_constant() || (node_.op->shape_operands >> i & 1);
      inputs_[i] = {tensors_[i]->dtype(), tensors_[i]->shape(), known ? tensors_[i].get() : nullptr};
    }
    outputs_.assign(output_count_, Operand{});
    InferContext context{node_, inputs_, outputs_};
    node_.op->infer(context);
  }

  void prepare() {
    infer_node();
    node_.outputs.clear();
    for (std::size_t i = 0; i < output_count_; ++i)
      node_.outputs.push_back(graph_.add_value(
          {.name = text("output", i), .dtype = outputs_[i].dtype, .shape = outputs_[i].shape}));
    node_.prepared = node_.op->prepare ? node_.op->prepare({graph_, node_, policy_}) : nullptr;
  }

  PlanContext plan() const { return {node_, inputs_, outputs_, policy_}; }

  Graph graph_;
  Node node_;
  std::vector<ConstantTensor> tensors_;  // one an input, null where absent
  std::vector<Operand> inputs_, outputs_;
  std::size_t output_count_ = 1;
  KernelPolicy policy_;
  TensorObserver* observer_ = nullptr;
};

// Shape inference with as little known as the operands say: dynamic dimensions, contents or none.
inline std::vector<Operand> infer_op(std::string_view op, std::vector<Operand> inputs, Attrs attrs = {},
                                     std::size_t output_count = 1) {
  Node node{.op = &get_op(op), .name = "node", .attrs = std::move(attrs)};
  for (ValueId i = 0; i < inputs.size(); ++i) node.inputs.push_back(inputs[i].shape ? i : kNoValue);
  std::vector<Operand> outputs(output_count);
  InferContext context{node, inputs, outputs};
  node.op->infer(context);
  return outputs;
}

// The elements, for comparison with a vector.
template <class T> std::vector<T> values(const Tensor& tensor) {
  require(tensor.dtype() == dtype_of<T>, ErrorCode::invalid_graph, "a test expected ",
          dtype_name(dtype_of<T>), " but got ", dtype_name(tensor.dtype()));
  const auto span = tensor.span<T>();
  return {span.begin(), span.end()};
}

// A tensor with the values first, first + step, … in order.
template <class T> Tensor iota(Shape shape, T first = 0, T step = 1) {
  Tensor tensor(dtype_of<T>, std::move(shape));
  for (T& element : tensor.span<T>()) {
    element = first;
    first = static_cast<T>(first + step);
  }
  return tensor;
}

// "InvalidGraph: message" of the Error that f throws, or "" when it throws none.
template <class F> std::string error_of(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return text(error_code_name(error.code()), ": ", error.what());
  }
  return "";
}

}  // namespace octavo::test
