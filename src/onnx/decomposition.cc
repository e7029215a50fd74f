#include "onnx/decomposition.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "graph/op_def.h"
#include "onnx/data_type.h"

namespace octavo::onnx {

void Decomposition::need(std::size_t count) const {
  for (std::size_t i = 0; i < count; ++i)
    require(has(i), ErrorCode::invalid_graph, "input {} is left out, but needed", i);
}

void Decomposition::refuse(std::initializer_list<std::size_t> inputs) const {
  for (const std::size_t i : inputs) require(!has(i), ErrorCode::unsupported, "input {} is not supported", i);
}

const Tensor& Decomposition::constant(std::size_t i) const {
  const Tensor* tensor = draft_.graph.constant_input(node_.node, i);
  require(tensor != nullptr, ErrorCode::unsupported, "input {} is not constant", i);
  return *tensor;
}

int64_t Decomposition::take_int(Name name, int64_t fallback) {
  const int64_t value = node_.node.attrs.get_int(name, fallback);
  node_.node.attrs.erase(name);
  return value;
}

float Decomposition::take_float(Name name, float fallback) {
  const float value = node_.node.attrs.get_float(name, fallback);
  node_.node.attrs.erase(name);
  return value;
}

std::string Decomposition::take_string(Name name) {
  std::string value(node_.node.attrs.get_string(name, ""));
  node_.node.attrs.erase(name);
  return value;
}

void Decomposition::take_only(Name name, int64_t only) {
  const int64_t value = take_int(name, only);
  require(value == only, ErrorCode::unsupported, "the attribute '{}' is {}, which is not supported", name,
          value);
}

ValueId Decomposition::add(Name op, ValueList inputs, Attrs attrs) {
  return draft_.add_node(op, node_.node.name, inputs, std::move(attrs));
}

ValueId Decomposition::add(Name op, ValueList inputs, AttrList attrs) {
  return add(op, inputs, attributes(attrs));
}

ValueId Decomposition::add(Name op, ValueList inputs) { return add(op, inputs, Attrs()); }

ValueId Decomposition::add_with_rest(Name op, ValueList inputs) {
  Node made;
  made.op = &get_op(op);
  made.attrs = std::exchange(node_.node.attrs, {});
  check_attributes(made);
  return add(op, inputs, std::move(made.attrs));
}

Decomposition::Outputs Decomposition::add_many(Name op, ValueList inputs, std::size_t outputs,
                                               AttrList attrs) {
  Outputs all = {add(op, inputs, attrs), kNoValue, kNoValue};
  for (std::size_t i = 1; i < outputs; ++i) all[i] = draft_.add_value(text("{}_{}", node_.node.name, op));
  draft_.graph.nodes.back().outputs.assign(all.begin(), all.begin() + outputs);
  return all;
}

ValueId Decomposition::ints(std::span<const int64_t> values) {
  return draft_.add_constant(text("{}_ints", node_.node.name),
                             Tensor::of<int64_t>({static_cast<int64_t>(values.size())}, values));
}

ValueId Decomposition::index(int64_t value) {
  return draft_.add_constant(text("{}_index", node_.node.name), Tensor::scalar(value));
}

ValueId Decomposition::number(float value) {
  return draft_.add_constant(text("{}_number", node_.node.name), Tensor::scalar(value));
}

ValueId Decomposition::transpose(ValueId x, std::span<const int64_t> permutation) {
  return add("Transpose", {x}, {{"perm", permutation}});
}

ValueId Decomposition::cast(ValueId x, DType dtype) {
  return add("Cast", {x}, {{"to", int64_t{data_type_of(dtype)}}});
}

ValueId Decomposition::dimension(ValueId x, int64_t axis) {
  return add("Gather", {add("Shape", {x}), ints({axis})});
}

ValueId Decomposition::size(ValueId x, int64_t axis) {
  return add("Gather", {add("Shape", {x}), index(axis)});
}

ValueId Decomposition::dequantize(ValueId q, ValueId scale, ValueId zero_point, int64_t axis) {
  return add("DequantizeLinear", {q, scale, zero_point}, {{"axis", axis}});
}

// Of an unknown rank: Reshape to [-1, k, n], Transpose, Reshape to the shape with its last two dimensions swapped.
ValueId Decomposition::transpose_matrices(ValueId x) {
  if (const int known = rank(x); known >= 0) {
    if (known < 2) return x;
    std::vector<int64_t> permutation(static_cast<std::size_t>(known));
    std::iota(permutation.begin(), permutation.end(), 0);
    std::swap(permutation[permutation.size() - 2], permutation.back());
    return transpose(x, permutation);
  }
  const ValueId dims = add("Shape", {x});
  const auto part = [&](int64_t from, int64_t to) { return add("Slice", {dims, ints({from}), ints({to})}); };
  const ValueId rows = part(-2, -1), columns = part(-1, std::numeric_limits<int64_t>::max());
  const auto join = [&](ValueList parts) { return add("Concat", parts, {{"axis", int64_t{0}}}); };
  const ValueId flat = add("Reshape", {x, join({ints({-1}), rows, columns})});
  return add("Reshape", {transpose(flat, {0, 2, 1}), join({part(0, -2), columns, rows})},
             {{"allowzero", int64_t{1}}});
}

void Decomposition::keep_outputs(std::size_t kept) {
  std::vector<ValueId>& outputs = node_.node.outputs;
  outputs.resize(std::min(outputs.size(), kept));
}

void Decomposition::add_outputs(std::size_t count) {
  node_.node.outputs.resize(1);
  for (std::size_t i = 0; i < count; ++i)
    node_.node.outputs.push_back(draft_.add_value(text("{}_output", node_.node.name)));
}

void Decomposition::add_to(ValueId output, Name op, ValueList inputs, AttrList attrs) {
  draft_.add_node(op, node_.node.name, inputs, output, attributes(attrs));
}

void Decomposition::become(Name op, ValueList inputs) { become(op, inputs, AttrList()); }

void Decomposition::become(Name op, ValueList inputs, AttrList attrs) {
  become(op, inputs, Attrs());
  for (const AttrEntry& entry : attrs) entry.add_to(node_.node.attrs);
}

void Decomposition::become(Name op, ValueList inputs, const Attrs& attrs) {
  node_.op_type = op;
  node_.node.inputs.assign(inputs.begin(), inputs.end());
  for (const auto& [name, value] : attrs) node_.node.attrs.set(name, value);
}

}  // namespace octavo::onnx
