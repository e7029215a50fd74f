// NodeProto, before its names are looked up.
#pragma once

#include <string_view>
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
};

// Throws Error(unsupported), naming the node, for attributes that hold graphs, types or sparse tensors.
RawNode read_node(pbf_reader message);

}  // namespace octavo::onnx
