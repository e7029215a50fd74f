// Runs one operator on its own, step by step as a session does.
#pragma once

#include <string>
#include <string_view>
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
  explicit OpRunner(std::string_view op);

  OpRunner& attr(std::string_view name, AttrValue value);
  // An input that is computed elsewhere: it has contents only during the run, unless it decides output shapes.
  OpRunner& input(Tensor tensor);
  // A constant, which `prepare` sees.
  OpRunner& constant(Tensor tensor);
  OpRunner& absent();
  // What the integers of the last input mean.
  OpRunner& input_qparams(QParams qparams);
  // What the integers of output 0 mean.
  OpRunner& output_qparams(QParams qparams);
  // What lowering says: images are N … C; bounds of output 0.
  OpRunner& channels_last(bool is_last = true);
  OpRunner& clamp(Clamp bounds);
  // What the node says beyond ONNX.
  OpRunner& notes(QuantizationNotes notes);
  // How many outputs are used; one unless said.
  OpRunner& outputs(std::size_t count);
  OpRunner& observer(TensorObserver* observer);
  OpRunner& kernels(KernelPolicy policy);

  // Compiles and runs the node. Throws what the operator throws, and Error(invalid_graph) for a wrong number of inputs.
  std::vector<Tensor> run();
  // `run`, output 0.
  Tensor run1();

  // Output dtypes and shapes, from the inputs given so far.
  std::vector<Operand> infer();
  // StepPlan::is_view.
  bool is_view();
  int64_t macs();
  // QuantRule::function of the operator.
  float function(float x) const;
  // QuantRule::obstacle of the operator, empty where it has none.
  std::string obstacle() const;
  // OpDef::permute of the operator. Constant inputs that it replaces are used from here on.
  bool permute(const std::vector<int>& permutation);

  Graph& graph() { return graph_; }
  Node& node() { return node_; }

 private:
  OpRunner& add(Tensor tensor, bool is_constant);
  void infer_node();
  void prepare();
  StepPlan plan() const;

  Graph graph_;
  Node node_;
  std::vector<ConstantTensor> tensors_;  // one an input, null where absent
  std::vector<Operand> inputs_, outputs_;
  std::size_t output_count_ = 1;
  KernelPolicy policy_;
  TensorObserver* observer_ = nullptr;
};

// Shape inference with as little known as the operands say: dynamic dimensions, contents or none.
std::vector<Operand> infer_op(std::string_view op, std::vector<Operand> inputs, Attrs attrs = {},
                              std::size_t output_count = 1);

// The elements, for comparison with a vector.
template <class T> std::vector<T> values(const Tensor& tensor) {
  require(tensor.dtype() == dtype_of<T>, ErrorCode::invalid_graph, "a test expected {} but got {}",
          dtype_name(dtype_of<T>), dtype_name(tensor.dtype()));
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
    return text("{}: {}", error_code_name(error.code()), error.what());
  }
  return "";
}

}  // namespace octavo::test
