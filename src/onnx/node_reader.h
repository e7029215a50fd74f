// NodeProto, before its names are looked up.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "graph/attrs.h"
#include "graph/node_facts.h"
#include "onnx/wire.h"

namespace octavo::onnx {

// Views into the file. An empty name among inputs and outputs stands for one that is left out.
struct RawNode {
  std::string_view name, op_type, domain;
  std::vector<std::string_view> inputs, outputs;
  Attrs attrs;
  QuantizationNotes notes;
  std::vector<std::pair<std::string_view, pbf_reader>> bodies;  // attributes that hold a graph
};

// Throws Error(unsupported), naming the node, for attributes that hold types, sparse tensors or lists of graphs.
RawNode read_node(pbf_reader message);

}  // namespace octavo::onnx
