#include "autodiff/backward.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "graph/rewriter.h"
#include "ops/evaluate.h"

namespace octavo {

std::vector<int64_t> all_axes_but(int rank, int axis) {
  std::vector<int64_t> axes;
  for (int i = 0; i < rank; ++i)
    if (i != axis) axes.push_back(i);
  return axes;
}

void Backward::start(uint32_t n) {
  index_ = n;
  copy_ = graph_.nodes[n];
  node_ = &copy_;
  bound_.clear();
  constexpr std::string_view kNames[] = {"a", "b", "c"};
  for (std::size_t i = 0; i < std::size(kNames) && i < copy_.inputs.size(); ++i)
    if (has(i)) bind(kNames[i], in(i));
  if (has(0)) bind("x", in(0));
  for (ValueId id : copy_.outputs) {
    if (id == kNoValue) continue;
    const std::optional<DType> dtype = graph_[id].dtype;
    if (dtype == DType::f32 || dtype == DType::f64) {
      dtype_ = *dtype;
      break;
    }
  }
}

ValueId Backward::out(std::size_t i) {
  if (i < copy_.outputs.size() && copy_.outputs[i] != kNoValue) return copy_.outputs[i];
  copy_.outputs.resize(std::max(copy_.outputs.size(), i + 1), kNoValue);
  Value value;
  value.name = graph_.unique_value_name(copy_.name);
  copy_.outputs[i] = graph_.add_value(std::move(value));
  const std::vector<Operand> types = infer_node(graph_, copy_, operands_of(graph_, copy_));
  static_cast<TensorType&>(graph_[copy_.outputs[i]]) = types[i];
  graph_.nodes[index_].outputs = copy_.outputs;
  return copy_.outputs[i];
}

ValueId Backward::gradient(std::size_t i) {
  const ValueId id = out(i);
  const ValueId known = id < gradients_.size() ? gradients_[id] : kNoValue;
  return known == kNoValue ? zeros(shape(id)) : known;
}

void Backward::give_to(ValueId id, ValueId gradient) {
  if (!wants_value(id)) return;
  gradient = fit(gradient, shape(id));
  gradients_[id] = gradients_[id] == kNoValue ? gradient : add("Add", {gradients_[id], gradient});
}

void Backward::become(std::size_t i, ValueId value) {
  if (i < copy_.outputs.size() && copy_.outputs[i] != kNoValue) became_.emplace_back(copy_.outputs[i], value);
}

const Node* Backward::producer(ValueId id) const {
  for (const Node& node : graph_.nodes)
    if (std::ranges::find(node.outputs, id) != node.outputs.end()) return &node;
  return nullptr;
}

std::vector<int64_t> Backward::known_ints(std::size_t i) const {
  const Tensor* const tensor = has(i) ? graph_.constant_input(*node_, i) : nullptr;
  return tensor ? to_int64(tensor->view()) : std::vector<int64_t>{};
}

ValueId Backward::add(std::string_view op, ValueList inputs, AttrList attributes) {
  return add(op, inputs, octavo::attributes(attributes));
}

ValueId Backward::add(std::string_view op, ValueList inputs, Attrs attributes) {
  return add_many(op, inputs, 1, std::move(attributes))[0];
}

std::vector<ValueId> Backward::add_many(std::string_view op, ValueList inputs, std::size_t outputs,
                                        Attrs attributes, const QuantizationNotes& notes) {
  Node node = make_node(graph_, get_op(op), text("{}.gradient", copy_.name), inputs, {});
  node.attrs = std::move(attributes);
  node.notes = notes;
  while (node.outputs.size() < outputs)
    node.outputs.push_back(graph_.add_value({{}, graph_.unique_value_name(node.name)}));
  const std::vector<Operand> types = infer_node(graph_, node, operands_of(graph_, node));
  for (std::size_t i = 0; i < outputs; ++i) static_cast<TensorType&>(graph_[node.outputs[i]]) = types[i];
  std::vector<ValueId> ids = node.outputs;
  graph_.nodes.push_back(std::move(node));
  return ids;
}

ValueId Backward::constant(Tensor tensor) {
  return graph_.add_constant(graph_.unique_value_name(text("{}.gradient", copy_.name)), std::move(tensor));
}

ValueId Backward::ints(std::span<const int64_t> values) {
  return constant(Tensor::of<int64_t>({std::ssize(values)}, values));
}

ValueId Backward::number(double value) {
  return constant(dtype_ == DType::f64 ? Tensor::scalar(value) : Tensor::scalar(static_cast<float>(value)));
}

ValueId Backward::reshape(ValueId x, const Shape& to) {
  if (shape(x) == to) return x;
  // A dimension of 0 is one of 0, and not the input's.
  return add("Reshape", {x, ints(to.dims)}, {{"allowzero", int64_t{to.elements() == 0}}});
}

ValueId Backward::expand(ValueId x, const Shape& to) {
  return shape(x) == to ? x : add("Expand", {x, ints(to.dims)});
}

ValueId Backward::transpose(ValueId x, std::span<const int64_t> permutation) {
  return add("Transpose", {x}, {{"perm", permutation}});
}

ValueId Backward::swap_axes(ValueId x, int a, int b) {
  Dims permutation(static_cast<uint64_t>(rank(x)), 0);
  std::iota(permutation.begin(), permutation.end(), 0);
  std::swap(permutation[a], permutation[b]);
  return transpose(x, std::span<const int64_t>(permutation.begin(), permutation.size()));
}

ValueId Backward::sum(ValueId x, std::span<const int64_t> axes, bool keeps_dims) {
  if (axes.empty()) return x;
  const std::vector<int64_t> all_but_last = all_axes_but(rank(x), rank(x) - 1);
  if (!keeps_dims && dtype(x) == DType::f32 && std::ranges::equal(axes, all_but_last))
    return add("octavo.RowSums", {x});
  return add("ReduceSum", {x, ints(axes)}, {{"keepdims", int64_t{keeps_dims}}});
}

ValueId Backward::cast(ValueId x, DType to) { return add("Cast", {x}, {{"to", int64_t{info_of(to).onnx}}}); }

ValueId Backward::slice(ValueId x, int axis, int64_t start, int64_t count) {
  if (start == 0 && count == shape(x)[axis]) return x;
  return add("Slice", {x, ints({start}), ints({start + count}), ints({axis})});
}

ValueId Backward::fit(ValueId x, const Shape& to) {
  const Shape from = shape(x);
  if (from == to) return x;
  Dims axes;
  const int more = from.rank() - to.rank();
  for (int axis = 0; axis < from.rank(); ++axis)
    if (axis < more || (from[axis] != 1 && to[axis - more] == 1)) axes.push_back(axis);
  x = sum(x, std::span<const int64_t>(axes.begin(), axes.size()));
  if (shape(x).elements() == to.elements()) return reshape(x, to);
  // Axes of one element that were summed are missing now.
  Shape kept = to;
  for (int axis = 0; axis < to.rank(); ++axis)
    if (axis + more < 0 || from[axis + more] == 1) kept[axis] = 1;
  return expand(reshape(x, kept), to);
}

ValueId Backward::along(ValueId matrix, ValueId x, int axis) {
  const Shape from = shape(x);
  Shape to = from;
  to[axis] = shape(matrix)[0];
  const Shape planes{from.elements(0, axis), from[axis], from.elements(axis + 1, from.rank())};
  return reshape(add("MatMul", {matrix, reshape(x, planes)}), to);
}

Tensor Backward::evaluate(std::string_view op, std::span<const Tensor> inputs, const Attrs& attributes) {
  Graph graph;
  Node node;
  node.op = &get_op(op);
  node.attrs = attributes;
  std::vector<Operand> operands;
  for (const Tensor& tensor : inputs) {
    // A tensor of one axis and no elements stands for an input that is left out.
    const bool is_absent = tensor.shape() == Shape{0};
    node.inputs.push_back(is_absent ? kNoValue
                                    : graph.add_value({tensor.type(), text("{}", node.inputs.size())}));
    operands.push_back(is_absent ? Operand{} : Operand::of(tensor));
  }
  node.outputs = {graph.add_value({{}, "y"})};
  return std::move(evaluate_node(graph, node, operands, KernelPolicy{})[0]);
}

}  // namespace octavo
