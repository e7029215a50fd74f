// What a gradient rule works with: the node that it differentiates, and a builder for the nodes of the answer.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "graph/attr_list.h"
#include "graph/graph.h"
#include "graph/op_def.h"
#include "graph/value_list.h"

namespace octavo {

// 0 … rank - 1 but `axis`; of an axis below 0 all.
std::vector<int64_t> all_axes_but(int rank, int axis);

// The backward graph while it grows. A rule is called once for a node of which some output has a gradient, with at
// least one element, and says by give() what each input that wants one gets.
class Backward {
 public:
  explicit Backward(Graph& graph) : graph_(graph) {}

  // The node. Absent operands are kNoValue.
  const Attrs& attrs() const { return node_->attrs; }
  const Node& node() const { return *node_; }
  bool has(std::size_t i) const { return node_->has_input(i); }
  ValueId in(std::size_t i) const { return has(i) ? node_->inputs[i] : kNoValue; }
  // Output i, which the node computes from now on where it has not before.
  ValueId out(std::size_t i = 0);
  // Whether a gradient of input i is asked for and has elements.
  bool wants(std::size_t i) const { return has(i) && wants_value(in(i)); }
  bool wants_value(ValueId id) const { return id < wanted_.size() && wanted_[id]; }
  // The gradient of the loss by output i: zeros where nothing leads from there to the loss.
  ValueId gradient(std::size_t i = 0);
  // Adds to the gradient of input i, if that is asked for, after fit().
  void give(std::size_t i, ValueId gradient) { give_to(in(i), gradient); }
  void give_to(ValueId id, ValueId gradient);
  // Instead of a gradient, of a rule that spells a node: output i is that value.
  void become(std::size_t i, ValueId value);

  const Graph& graph() const { return graph_; }
  Shape shape(ValueId id) const { return *graph_[id].shape; }  // a copy: values move while others are added
  DType dtype(ValueId id) const { return *graph_[id].dtype; }
  int rank(ValueId id) const { return shape(id).rank(); }
  const Node* producer(ValueId id) const;
  // The integers of a constant input, empty where it is absent.
  std::vector<int64_t> known_ints(std::size_t i) const;

  // A new node, its type inferred.
  ValueId add(std::string_view op, ValueList inputs, AttrList attributes = {});
  ValueId add(std::string_view op, ValueList inputs, Attrs attributes);
  // The same with `outputs` outputs.
  std::vector<ValueId> add_many(std::string_view op, ValueList inputs, std::size_t outputs, Attrs attributes,
                                const QuantizationNotes& notes = {});
  ValueId constant(Tensor tensor);
  ValueId ints(std::span<const int64_t> values);
  ValueId ints(std::initializer_list<int64_t> values) {
    return ints(std::span(values.begin(), values.size()));
  }
  // A scalar of the dtype that gradients of this node have.
  ValueId number(double value);
  ValueId zeros(const Shape& shape) { return expand(number(0), shape); }
  ValueId reshape(ValueId x, const Shape& shape);
  ValueId reshape(ValueId x, const Dims& dims) { return reshape(x, Shape(dims)); }
  ValueId expand(ValueId x, const Shape& shape);
  ValueId transpose(ValueId x, std::span<const int64_t> permutation);
  ValueId transpose(ValueId x, std::initializer_list<int64_t> permutation) {
    return transpose(x, std::span(permutation.begin(), permutation.size()));
  }
  // Swaps two axes.
  ValueId swap_axes(ValueId x, int a, int b);
  ValueId sum(ValueId x, std::span<const int64_t> axes, bool keeps_dims = false);
  ValueId cast(ValueId x, DType to);
  // Elements `start` … `start + count - 1` of an axis.
  ValueId slice(ValueId x, int axis, int64_t start, int64_t count);
  // Undoes broadcasting, and broadcasts: sums along axes that `shape` has not or that have one element there, and
  // repeats along those that have one element in x.
  ValueId fit(ValueId x, const Shape& shape);
  // y = the matrix [m, n] times x along an axis of n elements.
  ValueId along(ValueId matrix, ValueId x, int axis);
  // What `formula` says, with the names bound before and those of the node: a, b, c or x, of inputs; y, output 0; g,
  // its gradient.
  //
  //   "s = Sigmoid(x); g * (s + $alpha=1.0 * y * (1 - s))"
  //
  // Operators are + - * / < > <= >= ==, one comparison at most without parentheses; a word before a parenthesis is an
  // ONNX operator, $word an attribute of the node with its default.
  ValueId formula(std::string_view formula);
  void bind(std::string_view name, ValueId value) { bound_.emplace_back(name, value); }

  // One operator on tensors, now.
  static Tensor evaluate(std::string_view op, std::span<const Tensor> inputs, const Attrs& attributes);

 private:
  friend class Differentiation;
  friend class FormulaReader;
  void start(uint32_t n);

  Graph& graph_;
  uint32_t index_ = 0;
  const Node* node_ = nullptr;  // a copy, since nodes move while others are added
  Node copy_;
  DType dtype_ = DType::f32;
  std::vector<bool> wanted_;        // by value, of those of the forward graph
  std::vector<ValueId> gradients_;  // by value, kNoValue where there is none
  std::vector<std::pair<std::string_view, ValueId>> bound_;
  std::vector<std::pair<ValueId, ValueId>> became_;
};

}  // namespace octavo
