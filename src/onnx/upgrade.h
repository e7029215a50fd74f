// Older forms of operators, rewritten to the form they have at opset kOpset.
#pragma once

#include <cstdint>
#include <string>

#include "graph/graph.h"
#include "graph/names.h"

namespace octavo::onnx {

// The graph under construction. Every name in it is taken.
struct Draft {
  Graph graph;
  int64_t opset = 0;
  Names value_names, node_names;
};

// A node whose operator is not looked up yet. Trailing inputs and outputs that are left out are not there, and
// neither are outputs that nobody reads, other than output 0.
struct DraftNode {
  std::string op_type;
  Node node;
};

// Rewrites `node` from the form that draft.opset gives it. May add constants and further nodes to draft.graph, the
// latter in any order. Throws Error(invalid_graph) where the node has no form of that opset, and Error(unsupported)
// where its meaning is gone from later opsets.
void upgrade(Draft& draft, DraftNode& node);

// The tensor of a Constant node, from whichever of its value attributes it has. Throws Error(unsupported) for
// strings and Error(invalid_graph) where there is no value.
ConstantTensor constant_value(const Attrs& attrs);

}  // namespace octavo::onnx
