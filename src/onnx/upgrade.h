// Older and compound forms of operators, told in terms of those that there are at opset kOpset.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"
#include "graph/names.h"
#include "graph/value_list.h"

namespace octavo::onnx {

// The graph under construction. Every name in it is taken.
struct Draft {
  Graph graph;
  int64_t opset = 0;
  Names value_names, node_names;
  // What the file types as integers of 4 bits, and as which of the two.
  std::map<ValueId, int64_t> nibbles;

  // A value that a node will compute; `stem` becomes its name, with a number where that is taken.
  ValueId add_value(std::string_view stem, std::optional<DType> dtype = {});
  ValueId add_constant(std::string_view stem, Tensor tensor);
  // Appends a node whose operator is known. Where the type of its input has a shape, so has that of a Cast's output.
  void push(Node node);
  // Adds a node besides the one being upgraded, in any order, and returns its output, a new value. `stem` is the name
  // of the node being upgraded.
  ValueId add_node(Name op, std::string_view stem, ValueList inputs);
  ValueId add_node(Name op, std::string_view stem, ValueList inputs, Attrs attrs);
  // The same for an output that is there already.
  void add_node(Name op, std::string_view stem, ValueList inputs, ValueId output);
  void add_node(Name op, std::string_view stem, ValueList inputs, ValueId output, Attrs attrs);
};

// A node whose operator is not looked up yet. Trailing inputs and outputs that are left out are not there, and
// neither are outputs that nobody reads, other than output 0.
struct DraftNode {
  std::string op_type;  // as OpDef::name
  Node node;
  std::size_t outputs_in_file = 0;  // also those that nobody reads
};

// How an operator's form in the file becomes today's: rewrites the node, and may add constants and further nodes to the
// draft. Throws Error(invalid_graph) where the node has no form of the draft's opset, and Error(unsupported) where its
// meaning is gone from later opsets.
struct Upgrade {
  std::string_view op;  // as OpDef::name
  void (*upgrade)(Draft&, DraftNode&);
  // As OpDef::since, where only files have the operator; 0 for older forms of one that memory has, too.
  int since = 0;
};

// A table of rows: a link of a list that is complete before main and never changes afterwards. A file of
// src/onnx/upgrades has one, and no operator is in two.
class RegisterUpgrades {
 public:
  explicit RegisterUpgrades(std::span<const Upgrade> rows) : rows_(rows), next_(first_) { first_ = this; }
  RegisterUpgrades(const RegisterUpgrades&) = delete;

 private:
  friend const Upgrade* find_upgrade(std::string_view op);
  friend std::vector<const Upgrade*> all_upgrades();
  std::span<const Upgrade> rows_;
  const RegisterUpgrades* next_;
  static constinit const RegisterUpgrades* first_;
};

// The row of that operator, or null.
const Upgrade* find_upgrade(std::string_view op);
// In no order.
std::vector<const Upgrade*> all_upgrades();

// Without those that are left out at the end, which do not count: written and read again, a node has as many.
void trim(std::vector<ValueId>& ids);

// Rewrites `node` from the form that draft.opset gives it.
void upgrade(Draft& draft, DraftNode& node);

// The tensor of an attribute: itself, a scalar or a list. Throws Error(unsupported) for strings.
ConstantTensor to_tensor(const AttrValue& value);

// Attribute `name` became input `slot` at opset `since`.
void move_attr_to_input(Draft& draft, DraftNode& node, Name name, std::size_t slot, int64_t since);

// The tensor of a Constant node, from whichever of its value attributes it has. Throws Error(unsupported) for
// strings and Error(invalid_graph) where there is no value.
ConstantTensor constant_value(const Attrs& attrs);

}  // namespace octavo::onnx
