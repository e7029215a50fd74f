// What is known of sizes that only a run knows: which are the same, or multiples of one another.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "graph/graph.h"

namespace octavo {

// A number times sizes that nobody knows, each of them a symbol and none negative; sorted.
struct Size {
  int64_t number = 1;
  std::vector<uint32_t> symbols = {};

  bool is_number() const { return symbols.empty(); }
  bool operator==(const Size&) const = default;
};

// Of each value of a graph: the size of each axis, and the elements of lists that sizes are computed in. In a time that
// grows as the graph.
class KnownSizes {
 public:
  using Elements = std::vector<std::optional<Size>>;  // nothing where nobody knows

  explicit KnownSizes(const Graph& graph);

  // Nothing where the rank is unknown.
  const std::optional<std::vector<Size>>& axes(ValueId id) const { return axes_[id]; }
  // Of an int64 or boolean tensor of at most one axis; nothing where nobody knows how many.
  const std::optional<Elements>& elements(ValueId id) const { return elements_[id]; }

 private:
  void learn_constant(ValueId id);
  void learn_axes(ValueId id, const std::vector<Size>& inferred);
  std::vector<Size> inferred_axes(const Node& node) const;
  void broadcast(std::vector<Size>& to, std::span<const Size> axes) const;
  std::vector<Size> multiplied(const std::vector<Size>& a, const std::vector<Size>& b) const;
  std::vector<Size> reshaped(const Node& node) const;
  std::vector<Size> expanded(const Node& node) const;
  std::optional<Elements> computed(const Node& node) const;
  Size new_symbol() const { return {1, {symbols_++}}; }

  const Graph& graph_;
  mutable uint32_t symbols_ = 0;
  std::vector<std::optional<std::vector<Size>>> axes_;
  std::vector<std::optional<Elements>> elements_;
};

}  // namespace octavo
