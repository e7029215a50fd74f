// Tools for passes: edit a graph and keep its promises.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "graph/value_list.h"

namespace octavo {

// Makes every reader of `from`, and the graph's outputs, read `to` instead. A graph output keeps its name: the two
// values swap names when `from` is one.
void replace_uses(Graph& graph, ValueId from, ValueId to);

// The same where `uses` says who reads `from`, and keeps it true: takes as long as those are many.
void replace_uses(Graph& graph, Uses& uses, ValueId from, ValueId to);

struct Redirection {
  ValueId from, to;
};

// Makes all nodes read `to` instead of `from`, and the graph's outputs too unless `from` is a graph input: a graph
// output keeps its name, and so does a graph input. All at once, in a time that grows as the graph and not as its
// square.
void redirect(Graph& graph, std::span<const Redirection> redirections);

// A node of operator `op` with one new output value of that type; both are named after `name`. The caller puts the node
// in its place.
Node make_node(Graph& graph, const OpDef& op, std::string_view name, ValueList inputs,
               const TensorType& type);

// Removes nodes whose outputs nobody reads (but for those that show a tensor), outputs that nobody reads and an
// operator may leave out, then values that nobody mentions. Returns the number of nodes removed.
int remove_dead(Graph& graph);

// The nodes, for a pass that puts others in their places. Their names stay taken.
std::vector<Node> take_nodes(Graph& graph);

// Restores topological order after nodes were appended at the end. Throws Error(invalid_graph) on a cycle.
void sort_nodes(Graph& graph);

}  // namespace octavo
