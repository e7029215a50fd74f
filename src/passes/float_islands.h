// What stays float in a quantized network, and why.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "passes/passes.h"

namespace octavo {

// By node name: why it has no integer form here.
class Obstacles {
 public:
  // The first reason that is given counts.
  void add(std::string_view node, std::string_view reason);
  // Null where none was given.
  const std::string* find(std::string_view node) const;

 private:
  std::map<std::string, int, std::less<>> numbers_;
  std::vector<std::string> reasons_;
};

// Every node of a lowered graph that still computes with floats, other than those that only carry numbers in and out of
// integers.
std::vector<FloatIsland> find_islands(const Graph& graph, const Obstacles& obstacles);

}  // namespace octavo
