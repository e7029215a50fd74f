// What is known of sizes that only a run knows: which are the same, or multiples of one another.
#pragma once

#include <array>
#include <limits>
#include <span>
#include <vector>

#include "graph/graph.h"

namespace octavo {

// A number times sizes that nobody knows, each of them a symbol and none negative. Of more symbols than have room
// nobody knows anything.
struct Size {
  static constexpr int64_t kUnknown = std::numeric_limits<int64_t>::min();

  int64_t number = 1;                    // kUnknown: nobody knows
  std::array<uint32_t, 6> symbols = {};  // in descending order, and 0 behind them

  bool is_known() const { return number != kUnknown; }
  bool is_number() const { return is_known() && symbols[0] == 0; }
  bool operator==(const Size&) const = default;
};

// Of each value of a graph: the size of each axis, and the elements of lists that sizes are computed in. In a time that
// grows as the graph.
class KnownSizes {
 public:
  explicit KnownSizes(const Graph& graph);

  // None where the rank is unknown. All are known, if only by a symbol that nothing else has.
  std::span<const Size> axes(ValueId id) const { return sizes_of(axes_[id]); }
  // Of an int64 or boolean tensor of at most one axis.
  std::span<const Size> elements(ValueId id) const { return sizes_of(elements_[id]); }
  bool knows_elements(ValueId id) const { return elements_[id].count != kNobodyKnows; }

 private:
  // A part of sizes_: lists share what they have in common.
  static constexpr uint32_t kNobodyKnows = ~0u;
  struct List {
    uint32_t first = 0, count = kNobodyKnows;
  };

  std::span<const Size> sizes_of(const List& list) const {
    return {sizes_.data() + list.first, list.count == kNobodyKnows ? 0 : list.count};
  }
  // The one element of a list; nobody knows one of several.
  Size only_element(ValueId id) const;
  void learn_axes(ValueId id, const Node* node);
  void infer_axes(const Node& node, std::size_t rank);
  void reshape(const Node& node, std::span<const Size> x);
  void append(std::span<const Size> sizes);
  void broadcast(std::span<const Size> sizes);
  List sliced(List list, int64_t from, int64_t to) const;
  List computed(const Node& node);
  List keep_made();

  const Graph& graph_;
  uint32_t symbols_ = 0;
  std::vector<Size> sizes_, made_;  // made_: the list that is being made
  std::vector<List> axes_, elements_;
};

}  // namespace octavo
