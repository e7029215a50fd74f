// What operators with bodies share.
#pragma once

#include "graph/op_def.h"

namespace octavo {

// The most inputs of a body, so that a call needs no memory.
inline constexpr int kMostInputs = 256;

// Inputs of the node that are no captures of a body.
std::size_t own_inputs(const Node& node);

// What is known of output i of a body. Throws Error(invalid_graph) where it has no such output.
TensorType body_output(const Node& node, std::size_t body, std::size_t i);

// Gives the node as many outputs as `given`, what its body gives. Throws Error(invalid_graph) where it has more.
void fit_outputs(Node& node, std::size_t given);

// Types input i of a body by an operand: its dtype and, where nothing says that they stay, none of its sizes.
void type_state(Graph& body, std::size_t i, const Operand& operand);

// A number as input i of body 0, which may declare it as a list of one element. `number` outlives the view.
template <class T> TensorView scalar_view(const Node& node, std::size_t i, T& number) {
  const Graph& body = node.subgraphs[0].graph;
  const auto& declared = body[body.inputs[i]].shape;
  return {dtype_of<T>, declared && declared->rank() == 1 ? Shape{1} : Shape{},
          reinterpret_cast<std::byte*>(&number)};
}

// What is known of a value that is carried from turn to turn: without a turn it is `initial`, of whatever rank.
TensorType carried_type(const TensorType& given, const TensorType& initial);

// What is known of tensors of a type, joined along `axis`, an attribute that may count from the last.
TensorType joined_type(TensorType given, int64_t axis, int64_t count);

// Makes output i as a copy of `result`.
TensorView make_copy(const RunContext& ctx, std::size_t i, const TensorView& result);

// Makes output i of no tensors at all, joined along `axis`, that output `result` of body 0 would have given.
void make_empty(const RunContext& ctx, std::size_t i, std::size_t result, int64_t axis);

}  // namespace octavo
