// Rewrites as data: rows of a pattern and what takes its place.
//
//   {"Mul(Clip(y, $low, $high), $c)", "HardSigmoid(y, alpha: $c, beta: $zero)", when_it_is_a_unit_ramp}
//
// A pattern is an operator's name and its inputs, which are patterns themselves; a name, which stands for any value
// that is computed or fed, and for the same one wherever it occurs; or $name, a float32 constant of one element. Behind
// the inputs stand attributes: `alpha: $a = 0.2` binds a float attribute, or the number behind = where it is absent;
// attributes that a pattern does not mention must be absent. Inputs of operators that commute match in either order.
#pragma once

#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "graph/graph.h"

namespace octavo {

// What the names of a pattern stand for.
struct Bindings {
  std::vector<std::pair<std::string_view, ValueId>> values;
  std::vector<std::pair<std::string_view, double>> numbers;  // without the $

  // The value of that name; `id` from now on where it has none.
  ValueId value(std::string_view name, ValueId id = kNoValue);
  // The number of that name; 0 where it has none.
  double& operator[](std::string_view name);
};

struct Rewrite {
  std::string_view pattern;
  // Of values and numbers of the pattern, and of numbers that `when` adds.
  std::string_view replacement;
  // Whether numbers are such that both compute the same.
  bool (*when)(Bindings&);
  // Only where nobody else reads what stands inside of the pattern: then a node goes away, and chains of them that many
  // read are not walked by each.
  bool alone = false;
};

// Applies the rows, the first that matches first, until none does. Only where every rank is known, the result is one
// float32 value, and the replacement has its rank: a constant with more axes than x would add them. Returns the number
// of replacements.
int apply_rewrites(Graph& graph, std::span<const Rewrite> rows);

}  // namespace octavo
