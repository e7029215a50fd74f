// Edits a graph of any size: an edit takes as long as it touches nodes, and leaves the graph's promises to finish().
#pragma once

#include <string_view>
#include <vector>

#include "graph/value_list.h"

namespace octavo {

// Knows at any time who makes and who reads each value. Nobody else changes the graph meanwhile.
class GraphEditor {
 public:
  explicit GraphEditor(Graph& graph) : graph_(graph), uses_(graph) {}

  const Graph& graph() const { return graph_; }
  const Uses& uses() const { return uses_; }
  // The node that makes a value; null where it is fed or constant.
  const Node* producer(ValueId id) const {
    const uint32_t n = id == kNoValue ? Uses::kNone : uses_.producer[id];
    return n == Uses::kNone ? nullptr : &graph_.nodes[n];
  }
  // The same where it is a node of that operator, whose types are known.
  const Node* producer(ValueId id, Name op) const;

  // Makes every reader of `from`, and the graph's outputs, read `to`: see replace_uses of graph/rewriter.h.
  void replace_uses(ValueId from, ValueId to);
  // Node n computes its output in another way from now on, without attributes unless the caller sets some. What only it
  // has read before counts as a reader no more.
  Node& become(uint32_t n, const OpDef& op, ValueList inputs);
  Node& become(uint32_t n, Name op, ValueList inputs);
  // A node with one new output value of that type, see make_node of graph/rewriter.h, or of float32 and that shape.
  // The reference is good until the next one is added.
  Node& add_node(const OpDef& op, ValueList inputs, std::string_view stem, const TensorType& type);
  Node& add_node(Name op, ValueList inputs, std::string_view stem, const Shape& shape);
  // A constant, named after `stem`.
  ValueId add_constant(std::string_view stem, Tensor tensor);
  // rewrite(n) for each node that is there, in order: whether it has changed something. Then finish(), where any has.
  // Returns how many have.
  template <class Rewrite> int rewrite_nodes(Rewrite rewrite) {
    int changes = 0;
    const auto count = static_cast<uint32_t>(graph_.nodes.size());
    for (uint32_t n = 0; n < count; ++n) changes += rewrite(n) ? 1 : 0;
    if (changes > 0) finish();
    return changes;
  }
  // Restores the order of nodes and removes what nobody reads any more. The editor is of no use afterwards.
  void finish();

 private:
  void read(uint32_t n, const std::vector<ValueId>& inputs);
  // Of the value that comes next.
  void add_uses(uint32_t producer);
  void release(uint32_t n, const std::vector<ValueId>& inputs);

  Graph& graph_;
  Uses uses_;
  bool has_new_nodes_ = false;
};

}  // namespace octavo
