// Which nodes a quantizer works on.
#pragma once

#include <set>
#include <span>
#include <string_view>

#include "graph/graph.h"
#include "quant/options.h"

namespace octavo {

// The nodes that the options name and that have an integer form. Refers to the options, which must outlive it.
class NodeSelection {
 public:
  // `by_default` says which operators an empty list stands for; null: all that have an integer form.
  //
  // Throws Error(invalid_option) for an operator that does not exist or has no integer form and for a node that does
  // not exist, naming it; Error(unsupported) when the graph is quantized already.
  NodeSelection(const Graph& graph, const QuantizeOptions& options,
                bool (*by_default)(const OpDef&) = nullptr);

  // True for a node that is to be quantized and can be lowered to integers. Other nodes gain nothing from Q and DQ.
  bool contains(const Node& node) const;
  // True for a node that must stay float.
  bool excludes(const Node& node) const { return excluded_.contains(node.name); }

 private:
  const Graph& graph_;
  std::set<std::string_view> op_types_;  // empty: by_default_
  bool (*by_default_)(const OpDef&);
  std::set<std::string_view> excluded_;
  std::span<const std::string> only_;
};

}  // namespace octavo
