// Nodes and attributes that mutations add to a model.
#pragma once

#include <string>

#include "fuzz/mutations.h"

namespace octavo::fuzz {

// Where a value is read: inputs of nodes, and the names of graph outputs.
std::vector<Field*> uses_of_values(Field& model);
// The name of an input, an initializer or what a node computes; "x" where there is none.
std::string draw_value(Field& model, Random& random);
std::string unused_name(Field& model);
// False where the model has no graph.
bool add_to_graph(Field& model, Field field);

Field draw_attribute(Random& random);

// An operator over values that are there, which one of those that read one of them reads instead.
bool insert_node(Field& model, Random& random);
// QuantizeLinear and DequantizeLinear, likewise.
bool insert_qdq(Field& model, Random& random);

}  // namespace octavo::fuzz
