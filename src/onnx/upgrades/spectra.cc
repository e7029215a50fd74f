// Spectra: an attribute that became an input, and types of tables.
#include "onnx/data_type.h"
#include "onnx/upgrade.h"

namespace octavo::onnx {

namespace {

// Before opset 20 the axis was an attribute, and 1 by default.
void dft(Draft& draft, DraftNode& draft_node) {
  Node& node = draft_node.node;
  if (draft.opset < 20) node.attrs.set("axis", node.attrs.get_int("axis", 1));
  move_attr_to_input(draft, draft_node, "axis", 2, 20);
}

// 16-bit floats are float32 inside of a graph.
void table(Draft&, DraftNode& draft_node) {
  Attrs& attrs = draft_node.node.attrs;
  if (attrs.has("output_datatype"))
    attrs.set("output_datatype", computed_type(attrs.get_int("output_datatype", 0)));
}

constexpr Upgrade kRows[] = {{"BlackmanWindow", table},
                             {"DFT", dft},
                             {"HammingWindow", table},
                             {"HannWindow", table},
                             {"MelWeightMatrix", table}};

const RegisterUpgrades registered(kRows);

}  // namespace

}  // namespace octavo::onnx
