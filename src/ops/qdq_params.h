// What QuantizeLinear and DequantizeLinear nodes say about their integers.
#pragma once

#include <optional>
#include <string_view>

#include "graph/graph.h"

namespace octavo {

// Bounds of the integers, where they are narrower than the storage type: u7 is 0..127 in a u8. Quantizing saturates to
// them. ONNX has no such attributes, so another runtime saturates to the storage type.
inline constexpr std::string_view kQminAttribute = "octavo.qmin";
inline constexpr std::string_view kQmaxAttribute = "octavo.qmax";
// On DynamicQuantizeLinear: "row" ranges each row (the last axis) on its own, "tensor", the default, all of it at once.
inline constexpr std::string_view kGranularityAttribute = "octavo.granularity";

// The integers that a quantized tensor may hold.
struct IntegerRange {
  int32_t qmin, qmax;
  bool operator==(const IntegerRange&) const = default;
};

// All integers of an 8- or 16-bit type or of s32.
IntegerRange storage_range(DType dtype);

// The range of a node whose integers are stored as `dtype`: that of its attributes, else all of the type. Throws
// Error(invalid_graph) when the attributes leave the type's range or no integers.
IntegerRange integer_range(const Attrs& attrs, DType dtype);
// The same for passes, to which a node of unknown shapes comes unchecked: the error names the node.
IntegerRange integer_range(const Node& node, DType dtype);

// The qparams of a QuantizeLinear or DequantizeLinear with constant float32 scale and zero_point; an absent zero_point
// is 0. Nothing when they are computed, blocked, or do not fit each other, so that only the float form can run.
std::optional<QParams> read_qparams(const Graph& graph, const Node& node);

}  // namespace octavo
