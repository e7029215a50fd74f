// The network as data: values, nodes in topological order, inputs and outputs.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/flags.h"
#include "graph/attrs.h"
#include "graph/names.h"
#include "graph/node_facts.h"
#include "tensor/tensor.h"
#include "tensor/tensor_type.h"

namespace octavo {

struct OpDef;
struct Prepared;
struct Graph;
struct Subgraph;
struct CompiledStages;

// An index into Graph::values.
using ValueId = uint32_t;
// Stands in Node::inputs for an optional input that is left out, and in Node::outputs for an unused output.
inline constexpr ValueId kNoValue = ~ValueId{0};

// A tensor of the network: a graph input, a constant, or what a node computes.
struct Value : TensorType {
  std::string name;
  ConstantTensor constant = {};             // set: a weight or another constant
  std::vector<std::string> dim_names = {};  // names of dynamic dimensions, "" where a dimension has none

  bool is_constant() const { return constant != nullptr; }
};

// One operation. `op` is never null: an operator that is not registered does not get into a graph.
struct Node {
  const OpDef* op = nullptr;
  std::string name;  // unique within the graph; made up from the operator where the file has none
  Attrs attrs;
  std::vector<ValueId> inputs, outputs;
  std::vector<Subgraph> subgraphs;  // in the order of the operator's attributes of AttrKind::graph
  QuantizationNotes notes;
  Lowered lowered;
  std::shared_ptr<const Prepared> prepared;  // packed weights and constants of the kernel, set by compile

  bool has_input(std::size_t i) const { return i < inputs.size() && inputs[i] != kNoValue; }
};

// An input and an output that are one tensor, which stays with the model from run to run: what the output is becomes
// the input of the next run. A recurrent state, a cache of keys and values, a parameter that is trained. Nobody feeds
// such an input. By position, which no pass changes.
struct StateSlot {
  uint32_t input = 0, output = 0;  // indices into Graph::inputs and Graph::outputs
};

// A network in static single assignment: each value has at most one producer, and nodes stand after the producers
// of their inputs. Copies are cheap, since constants are shared.
struct Graph {
  std::string name;
  std::vector<Value> values;
  std::vector<Node> nodes;
  std::vector<ValueId> inputs, outputs;
  std::vector<StateSlot> states;

  ValueId add_value(Value value);
  ValueId add_constant(std::string name, Tensor tensor);
  ValueId add_constant(std::string name, ConstantTensor tensor);
  // A name that no value has yet, and no node, so that a new node and its output can share it: `stem` itself or `stem`
  // with a number.
  std::string unique_value_name(std::string_view stem) const;
  // To be called after values or their names went: a graph that gives out names remembers those there are.
  void forget_names() const { names_.taken.reset(); }

  Value& operator[](ValueId id) { return values[id]; }
  const Value& operator[](ValueId id) const { return values[id]; }
  // The constant tensor behind a node's input, or null where the input is absent or computed.
  const Tensor* constant_input(const Node& node, std::size_t i) const;
  // Whether dtype and rank of all inputs that a node has are known. Only then has OpDef::infer checked its operands
  // against one another, and only then may a pass, a quantizer or prepare rely on what it finds in their constants.
  bool knows_types(const Node& node) const;

  // Names of values and nodes, from the first time that somebody asks for one that is free. A copy of the graph asks
  // anew.
  struct GivenNames {
    std::unique_ptr<Names> taken;
    GivenNames() = default;
    GivenNames(const GivenNames&) {}
    GivenNames(GivenNames&&) = default;
    GivenNames& operator=(GivenNames other) {
      taken = std::move(other.taken);
      return *this;
    }
  };
  mutable GivenNames names_;
};

// A body of a node, closed: what it takes from the graph around it are inputs of the node, too, so that whoever follows
// values through the outer graph sees them. The body's last `captures` inputs are the node's inputs from
// `first_capture` on; the inputs before them are the operator's own affair. Constants of the outer graph are constants
// of the body.
struct Subgraph {
  Graph graph;
  uint32_t first_capture = 0, captures = 0;
  std::shared_ptr<const CompiledStages> compiled;  // set by compile
};

// Who makes and who reads each value: computed once, used by a rewrite, thrown away when the graph changes.
struct Uses {
  explicit Uses(const Graph& graph);

  static constexpr uint32_t kNone = ~uint32_t{0};
  std::vector<uint32_t> producer;                // by value: node index, or kNone
  std::vector<std::vector<uint32_t>> consumers;  // by value: node indices, one entry an input slot
  Flags is_output;                               // by value: a graph output

  // The one node that reads `value`, or kNone when several do, none does or it is a graph output.
  uint32_t only_consumer(ValueId value) const;
};

// Throws Error(invalid_graph) when the graph breaks a promise of this header: an id out of range, a value with two
// producers, a node before its producer, a value without source, a state slot whose two sides are no one tensor.
void verify(const Graph& graph);

// Text for people: one line a node, with shapes and attributes.
std::string dump(const Graph& graph);

}  // namespace octavo
