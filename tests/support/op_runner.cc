#include "support/op_runner.h"

#include <cstring>
#include <utility>

namespace octavo::test {

OpRunner::OpRunner(std::string_view op) {
  node_.op = &get_op(op);
  node_.name = "node";
}

OpRunner& OpRunner::attr(std::string_view name, AttrValue value) {
  node_.attrs.set(name, std::move(value));
  return *this;
}

OpRunner& OpRunner::input(Tensor tensor) { return add(std::move(tensor), false); }

OpRunner& OpRunner::constant(Tensor tensor) { return add(std::move(tensor), true); }

OpRunner& OpRunner::absent() {
  node_.inputs.push_back(kNoValue);
  tensors_.push_back(nullptr);
  return *this;
}

OpRunner& OpRunner::input_qparams(QParams qparams) {
  node_.lowered.input_qparams.resize(node_.inputs.size());
  node_.lowered.input_qparams.back() = std::move(qparams);
  return *this;
}

OpRunner& OpRunner::output_qparams(QParams qparams) {
  node_.lowered.output_qparams = std::move(qparams);
  return *this;
}

OpRunner& OpRunner::channels_last(bool is_last) {
  node_.lowered.channels_last = is_last;
  return *this;
}

OpRunner& OpRunner::clamp(Clamp bounds) {
  node_.lowered.clamp = bounds;
  return *this;
}

OpRunner& OpRunner::notes(QuantizationNotes notes) {
  node_.notes = notes;
  return *this;
}

OpRunner& OpRunner::outputs(std::size_t count) {
  output_count_ = count;
  return *this;
}

OpRunner& OpRunner::observer(TensorObserver* observer) {
  observer_ = observer;
  return *this;
}

OpRunner& OpRunner::kernels(KernelPolicy policy) {
  policy_ = std::move(policy);
  return *this;
}

namespace {

struct TensorMaker : OutputMaker {
  std::vector<Tensor>& outputs;
  const std::vector<Operand>& inferred;

  TensorMaker(std::vector<Tensor>& tensors, const std::vector<Operand>& operands)
      : outputs(tensors), inferred(operands) {}
  TensorView make(std::size_t output, DType dtype, const Shape& shape) override {
    const Operand& operand = inferred.at(output);
    bool fits = operand.shape && operand.shape->rank() == shape.rank();
    for (int axis = 0; fits && axis < shape.rank(); ++axis)
      fits = (*operand.shape)[axis] == kDynamic || (*operand.shape)[axis] == shape[axis];
    require(fits && (!operand.dtype || operand.dtype == dtype), ErrorCode::invalid_graph,
            "output {} came out as {}, not as inferred", output, shape);
    outputs[output] = Tensor(dtype, shape);
    return outputs[output].view();
  }
};

}  // namespace

std::vector<Tensor> OpRunner::run() {
  prepare();
  std::vector<TensorView> inputs, output_views;
  std::vector<Tensor> outputs;
  for (const ConstantTensor& tensor : tensors_) inputs.push_back(tensor ? tensor->view() : TensorView{});
  for (const Operand& operand : outputs_) {
    if (node_.op->shape_depends_on_data) {
      outputs.emplace_back(*operand.dtype, Shape{0});
      output_views.push_back({*operand.dtype, Shape{0}, nullptr});
      continue;
    }
    require(operand.is_static(), ErrorCode::invalid_graph,
            "an output shape of {} is unknown although every input is static", node_.op->name);
    outputs.emplace_back(*operand.dtype, *operand.shape);
    output_views.push_back(outputs.back().view());
    std::memset(output_views.back().data, 0xa5, output_views.back().bytes());
  }
  const StepPlan plan = this->plan();
  Buffer workspace(plan.workspace);
  if (workspace.size() > 0) std::memset(workspace.data(), 0xa5, workspace.size());
  if (plan.runs_as_view) std::memcpy(output_views[0].data, inputs[0].data, inputs[0].bytes());
  // A view is run all the same where its input is an initializer, whose memory no output takes over.
  RunContext context{node_,   plan.state, inputs, output_views, {workspace.data(), workspace.size()},
                     policy_, observer_};
  TensorMaker maker(outputs, outputs_);
  context.maker = &maker;
  node_.op->run(context);
  const bool is_copy = !plan.is_view || plan.runs_as_view || inputs[0].bytes() == 0 ||
                       std::memcmp(output_views[0].data, inputs[0].data, inputs[0].bytes()) == 0;
  require(is_copy, ErrorCode::invalid_graph, "{} is a view that its run does not copy", node_.op->name);
  return outputs;
}

Tensor OpRunner::run1() { return std::move(run()[0]); }

std::vector<Operand> OpRunner::infer() {
  infer_node();
  return outputs_;
}

bool OpRunner::is_view() {
  prepare();
  return plan().is_view;
}

int64_t OpRunner::macs() {
  prepare();
  return node_.op->macs ? node_.op->macs({node_, inputs_, outputs_}) : 0;
}

float OpRunner::function(float x) const { return node_.op->quant.function(graph_, node_, x); }

std::string OpRunner::obstacle() const {
  return node_.op->quant.obstacle ? node_.op->quant.obstacle(graph_, node_) : std::string();
}

bool OpRunner::permute(const std::vector<int>& permutation) {
  if (node_.op->permute == nullptr || !node_.op->permute(graph_, node_, permutation)) return false;
  tensors_.resize(node_.inputs.size());
  for (std::size_t i = 0; i < node_.inputs.size(); ++i)
    if (node_.has_input(i) && graph_[node_.inputs[i]].is_constant())
      tensors_[i] = graph_[node_.inputs[i]].constant;
  return true;
}

OpRunner& OpRunner::add(Tensor tensor, bool is_constant) {
  auto shared = std::make_shared<const Tensor>(std::move(tensor));
  Value value{shared->type(), text("input{}", tensors_.size())};
  if (is_constant) value.constant = shared;
  node_.inputs.push_back(graph_.add_value(std::move(value)));
  tensors_.push_back(std::move(shared));
  return *this;
}

namespace {

// What the record says of dtypes is what infer says, whichever operator is tested.
void check_same_dtype(const Node& node, std::span<const Operand> inputs, std::span<const Operand> outputs) {
  const auto same = static_cast<std::size_t>(node.op->dtype_input);
  const bool is_same = same < inputs.size() && inputs[same].dtype == outputs[0].dtype;
  require(!node.op->same_dtype || is_same, ErrorCode::invalid_graph,
          "{} has an output of another dtype than its input, and its record does not say so", node.op->name);
}

}  // namespace

void OpRunner::infer_node() {
  const int given = static_cast<int>(node_.inputs.size());
  require(given >= node_.op->min_inputs && given <= node_.op->max_inputs, ErrorCode::invalid_graph,
          "{} takes {} to {} inputs, not {}", node_.op->name, node_.op->min_inputs, node_.op->max_inputs,
          given);
  inputs_.assign(tensors_.size(), Operand{});
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    if (!tensors_[i]) continue;
    const bool known = graph_[node_.inputs[i]].is_constant() || (node_.op->shape_operands >> i & 1);
    inputs_[i] = {tensors_[i]->type(), known ? tensors_[i].get() : nullptr};
  }
  outputs_.assign(output_count_, Operand{});
  InferContext context{node_, inputs_, outputs_};
  node_.op->infer(context);
  check_same_dtype(node_, inputs_, outputs_);
}

void OpRunner::prepare() {
  infer_node();
  node_.outputs.clear();
  for (std::size_t i = 0; i < output_count_; ++i)
    node_.outputs.push_back(graph_.add_value({outputs_[i], text("output{}", i)}));
  node_.prepared = node_.op->prepare ? node_.op->prepare({graph_, node_, policy_}) : nullptr;
}

StepPlan OpRunner::plan() const {
  return node_.op->plan ? node_.op->plan({{node_, inputs_, outputs_}, policy_}) : StepPlan{};
}

std::vector<Operand> infer_op(std::string_view op, std::vector<Operand> inputs, Attrs attrs,
                              std::size_t output_count) {
  Node node{.op = &get_op(op), .name = "node", .attrs = std::move(attrs)};
  for (ValueId i = 0; i < inputs.size(); ++i) node.inputs.push_back(inputs[i].shape ? i : kNoValue);
  std::vector<Operand> outputs(output_count);
  InferContext context{node, inputs, outputs};
  node.op->infer(context);
  return outputs;
}

}  // namespace octavo::test
