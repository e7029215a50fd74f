// Nodes and attributes that mutations add to a model.
#pragma once

#include <string>

#include "fuzz/mutations.h"
#include "fuzz/vocabulary.h"

namespace octavo::fuzz {

// Where a value is read in a model or graph and all bodies in it: inputs of nodes, and the names of graph outputs.
std::vector<Field*> uses_of_values(Field& root);
// The model's graph or the body of a node; null where there is none.
Field* draw_graph(Field& model, Random& random);
// The innermost graph in which a node or another field stands, or null.
Field* graph_around(Field& model, const Field& field);
// The name of an input, an initializer or what a node computes, mostly one that `graph` may read; "x" where there is
// none.
std::string draw_value(Field& model, const Field* graph, Random& random);
std::string unused_name(Field& model);

// Fields of a GraphProto: a constant of no axes, an input or output of no type, and a node.
Field scalar_field(std::string_view name, uint64_t data_type, std::string_view raw);
Field value_field(uint32_t number, std::string_view name);
Field node_field(const OperatorWord& op, const std::vector<std::string>& inputs, std::string_view output);
// An attribute of a node: a copy of that graph.
Field body_field(std::string_view name, Field graph);

void set_operator(Field& node, const OperatorWord& op);
// Null where the node's operator is none that Octavo knows.
const OperatorWord* operator_of(Field& node);
// Mostly one that the operator has, which may be null.
Field draw_attribute(Field& model, const OperatorWord* op, Random& random);

// An operator over values that are there, which one of those that read one of them reads instead.
bool insert_node(Field& model, Random& random);
// QuantizeLinear and DequantizeLinear, likewise.
bool insert_qdq(Field& model, Random& random);

}  // namespace octavo::fuzz
