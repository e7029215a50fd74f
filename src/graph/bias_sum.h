// A bias as networks spell it whose product has none: MatMul, then Add.
#pragma once

#include <optional>

#include "graph/graph.h"

namespace octavo {

struct BiasSum {
  uint32_t node;  // the Add
  ValueId bias;   // a float32 constant: a value for each column of the product, with or without ones before
};

// The sum that gives a product its bias; nothing where the product has one already, no room for one
// (`OpDef::adds_bias`), or another reader.
std::optional<BiasSum> bias_sum_behind(const Graph& graph, const Uses& uses, const Node& product);

}  // namespace octavo
