// A compound operator, told in terms of others: what the functions of upgrade tables do node by node.
#pragma once

#include <array>
#include <initializer_list>

#include "graph/attr_list.h"
#include "onnx/upgrade.h"

namespace octavo::onnx {

// The node being upgraded, which takes the place of the last of the nodes that it becomes. Attributes are taken one by
// one; the rest are those that the last node is to have. Optional operands that are left out are kNoValue.
class Decomposition {
 public:
  Decomposition(Draft& draft, DraftNode& node) : draft_(draft), node_(node) {}

  Draft& draft() { return draft_; }
  const Graph& graph() const { return draft_.graph; }

  bool has(std::size_t i) const { return node_.node.has_input(i); }
  ValueId in(std::size_t i) const { return has(i) ? node_.node.inputs[i] : kNoValue; }
  // Throws Error(invalid_graph) unless inputs 0 … count - 1 are there.
  void need(std::size_t count) const;
  // Throws Error(unsupported) where one of the inputs is there.
  void refuse(std::initializer_list<std::size_t> inputs) const;
  // The tensor behind an input that must be constant: Error(unsupported) where it is not.
  const Tensor& constant(std::size_t i) const;
  // The shape that the file gives a value, where it does.
  const std::optional<Shape>& shape(ValueId id) const { return draft_.graph[id].shape; }
  // The rank of a value; -1 where it is not known.
  int rank(ValueId id) const { return shape(id) ? shape(id)->rank() : -1; }

  int64_t take_int(Name name, int64_t fallback);
  float take_float(Name name, float fallback);
  std::string take_string(Name name);
  // Takes it, and throws Error(unsupported) unless it is `only`.
  void take_only(Name name, int64_t only);

  ValueId add(Name op, ValueList inputs);
  ValueId add(Name op, ValueList inputs, Attrs attrs);
  ValueId add(Name op, ValueList inputs, AttrList attrs);
  // The same with the attributes that nobody took, which must be the operator's.
  ValueId add_with_rest(Name op, ValueList inputs);
  // A node of which the outputs, at most three, are new values.
  using Outputs = std::array<ValueId, 3>;
  Outputs add_many(Name op, ValueList inputs, std::size_t outputs, AttrList attrs = {});
  // The sum, where b is there.
  ValueId add_optional(ValueId a, ValueId b) { return b == kNoValue ? a : add("Add", {a, b}); }
  ValueId ints(std::initializer_list<int64_t> values) {
    return ints(std::span<const int64_t>(values.begin(), values.size()));
  }
  ValueId ints(std::span<const int64_t> values);
  ValueId index(int64_t value);  // a scalar
  ValueId number(float value);   // a scalar
  ValueId reshape(ValueId x, std::initializer_list<int64_t> dims) { return add("Reshape", {x, ints(dims)}); }
  ValueId transpose(ValueId x, std::span<const int64_t> permutation);
  ValueId transpose(ValueId x, std::initializer_list<int64_t> permutation) {
    return transpose(x, std::span<const int64_t>(permutation.begin(), permutation.size()));
  }
  ValueId cast(ValueId x, DType dtype);
  // Dimension `axis` of x, a vector of one element or a scalar.
  ValueId dimension(ValueId x, int64_t axis);
  ValueId size(ValueId x, int64_t axis);
  ValueId unsqueeze(ValueId x, std::initializer_list<int64_t> axes) {
    return add("Unsqueeze", {x, ints(axes)});
  }
  // y = DequantizeLinear(q, scale, zero_point), with scales along `axis` where they are several.
  ValueId dequantize(ValueId q, ValueId scale, ValueId zero_point, int64_t axis);
  // The matrices [k, n] of x as [n, k].
  ValueId transpose_matrices(ValueId x);

  // Whether somebody reads output i.
  bool has_output(std::size_t i) const {
    return i < node_.node.outputs.size() && node_.node.outputs[i] != kNoValue;
  }
  // Output i, for nodes that compute it. The node keeps outputs 0 … `kept` - 1.
  ValueId output(std::size_t i) const { return node_.node.outputs[i]; }
  void keep_outputs(std::size_t kept);
  // New values as outputs 1 … `count` of the node that is left.
  void add_outputs(std::size_t count);
  void add_to(ValueId output, Name op, ValueList inputs, AttrList attrs = {});
  // Leaves a node of that operator, with the attributes that nobody took and those.
  void become(Name op, ValueList inputs);
  void become(Name op, ValueList inputs, const Attrs& attrs);
  void become(Name op, ValueList inputs, AttrList attrs);

 private:
  Draft& draft_;
  DraftNode& node_;
};

}  // namespace octavo::onnx
