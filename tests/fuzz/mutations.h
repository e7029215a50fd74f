// What the mutator can do to a model.
#pragma once

#include <span>

#include "fuzz/proto_tree.h"
#include "support/random_data.h"

namespace octavo::fuzz {

using test::Random;

// Changes the tree in one respect. False where there is nothing to change in that way.
using Mutation = bool (*)(Field& model, Random& random);

std::span<const Mutation> field_mutations();   // any field of any message
std::span<const Mutation> graph_mutations();   // names, operators, outputs, attributes
std::span<const Mutation> body_mutations();    // control flow: branches, turns, captures
std::span<const Mutation> type_mutations();    // ranks, sizes and element types that the file declares
std::span<const Mutation> tensor_mutations();  // constants

// Puts something of `other` into `model`: a node, an initializer, an attribute.
bool cross(Field& model, Field& other, Random& random);

// One or a few mutations of all these.
void mutate(Field& model, Random& random);

template <class Items> auto& pick(Items&& items, Random& random) {
  return items[static_cast<std::size_t>(random.below(static_cast<int64_t>(std::size(items))))];
}

// Numbers at which arithmetic goes wrong, and small ones.
uint64_t interesting_number(Random& random);
float interesting_float(Random& random);

}  // namespace octavo::fuzz
