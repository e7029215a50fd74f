// QuantizationNotes as entries of a node's metadata_props: "octavo.qmin" and "octavo.qmax", integers,
// "octavo.granularity", "row" or "tensor", and "octavo.state", "float" or "quantized".
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "graph/node_facts.h"

namespace octavo::onnx {

// Takes one entry in; does nothing with a key that is not Octavo's. Throws Error(invalid_graph) for a value that the
// key cannot have.
void read_notes_entry(std::string_view key, std::string_view value, QuantizationNotes& notes);

// The entries that say what the notes say.
std::vector<std::pair<std::string_view, std::string>> notes_entries(const QuantizationNotes& notes);

}  // namespace octavo::onnx
