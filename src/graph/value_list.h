// Operands of a node to be made.
#pragma once

#include <initializer_list>
#include <span>
#include <vector>

#include "graph/graph.h"

namespace octavo {

// A list in place, or a vector. A view: who makes one has nothing to give back.
class ValueList : public std::span<const ValueId> {
 public:
  ValueList(std::initializer_list<ValueId> ids) : span(ids.begin(), ids.size()) {}
  ValueList(const std::vector<ValueId>& ids) : span(ids) {}
};

}  // namespace octavo
