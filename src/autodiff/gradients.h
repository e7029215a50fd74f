// Gradients, graph to graph: the backward pass of a network is made of ordinary operators and appended to it, so that
// the executor, its threads and its memory plan run it like anything else.
//
// It is made of the unlowered graph, in which pairs of QuantizeLinear and DequantizeLinear are the fake quantizer:
// gradients pass straight through where nothing saturates (rules/quantization.cc).
#pragma once

#include <string>
#include <vector>

#include "graph/value_list.h"

namespace octavo {

// A node on the way from a parameter to the loss that has no gradient, and why.
struct MissingGradient {
  std::string node, op, reason;
};

// All nodes between `parameters` and `loss` through which gradients cannot go; empty where add_gradients has what it
// needs. In the order of the graph.
std::vector<MissingGradient> missing_gradients(const Graph& graph, ValueId loss, ValueList parameters);

// Appends what computes d loss / d parameter for each of `parameters`, inputs, constants or computed values of float32
// or float64, and returns the gradients: values of the parameters' types and shapes. Only what leads from a parameter
// to the loss is visited, and gradients of a value that several read are summed, from the last reader to the first.
// Nothing flows through integers, booleans, functions that are constant almost everywhere (Round, Sign …), and values
// of `detached`.
//
// All shapes on the way must be static (passes::infer_shapes of a graph whose inputs are), and `loss` a float with one
// element. Values without elements are fine. Recurrent networks on the way are spelt out step by step first; what they
// computed is then computed by others.
//
// Throws, and leaves the graph as it is: Error(unsupported) naming the first of missing_gradients and how many there
// are; Error(invalid_graph) for a loss that is no such number, or a parameter that does not lead to it.
std::vector<ValueId> add_gradients(Graph& graph, ValueId loss, ValueList parameters, ValueList detached = {});

// Operators that gradients go through, or stop at because the operator is constant almost everywhere.
std::vector<std::string_view> differentiable_operators();

}  // namespace octavo
