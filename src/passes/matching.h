// What recognisers ask about values: is it a constant number, does anybody else read it.
#pragma once

#include <cmath>
#include <optional>

#include "graph/editor.h"

namespace octavo {

// Whether two numbers are the same but for what float32 and writers of files round.
inline bool near(double a, double b) { return std::abs(a - b) <= 1e-5 * std::abs(b); }

// The float32 constant of one element that a value is.
std::optional<double> number_of(const Graph& graph, ValueId id);

// Whether that constant is near `number`.
bool is_number(const Graph& graph, ValueId id, double number);

// Axes; -1 where nobody knows.
int rank_of(const Graph& graph, ValueId id);

// Whether one node alone reads a value, and the graph's caller does not.
inline bool is_alone(const GraphEditor& editor, ValueId id) {
  return editor.uses().only_consumer(id) != Uses::kNone;
}

// The other of two inputs, where one of them is `id`; kNoValue where none is.
ValueId other_input(const Node& node, ValueId id);

// The output of the one node that reads a value, if that is of the operator and its types are known; kNoValue
// otherwise.
ValueId only_reader(const GraphEditor& editor, ValueId id, Name op);

}  // namespace octavo
